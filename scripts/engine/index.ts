import { realpathSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { demoImages, type ImageName, imageNames } from './catalog.ts';
import { clean, ensureEngine, stop } from './ensure.ts';
import { status } from './status.ts';
import { EngineError } from './step.ts';

export { demoImages, type ImageName, imageNames } from './catalog.ts';
export {
  canProvideEngine,
  clean,
  type EngineOptions,
  ensureEngine,
  ensureTool,
  type ProvidedEngine,
  stop,
} from './ensure.ts';
export { type OwnEngine, type OwnEngineOptions, startOwnEngine } from './own-engine.ts';
export { EngineError } from './step.ts';

const usage = `Usage: engine up [--image <name>…|--all] | down | clean | status | env`;
const log = (line: string) => console.error(line);

const commands: Record<string, (images: readonly ImageName[], signal: AbortSignal) => Promise<string>> = {
  up: async (images, signal) => {
    const { env, provided } = await ensureEngine({ images, log, signal });
    return `${provided === 'private' ? 'The private' : 'This machine’s own'} engine is ready at ${env.DOCKER_HOST ?? 'its context'}`;
  },
  down: async (_, signal) =>
    (await stop({ log, signal }))
      ? 'Stopped the private engine and its containers'
      : 'The private engine is not running',
  clean: async (_, signal) =>
    (await clean({ log, signal }))
      ? 'Removed the private engine, its images and tools'
      : 'There is nothing to remove',
  status,
  env: async (_, signal) => {
    const { env } = await ensureEngine({ images: [], log, signal });
    return Object.entries(env)
      .map(([name, value]) => `export ${name}='${value}'`)
      .join('\n');
  },
};

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { image: { type: 'string', multiple: true }, all: { type: 'boolean' } },
  });
  const command = commands[positionals[0] ?? 'up'];
  const unknown = values.image?.find((name) => !(imageNames as readonly string[]).includes(name));
  if (!command) throw new EngineError(usage);
  if (unknown) throw new EngineError(`Unknown image "${unknown}": one of ${imageNames.join(', ')}`);
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Every time: a terminal and a wrapping process may both deliver it, and the second would kill us amid cleaning up.
    process.on(signal, () => interrupted.abort(new EngineError(`Ended by ${signal}; run it again to go on`)));
  }
  const images = values.all ? imageNames : ((values.image as ImageName[] | undefined) ?? demoImages);
  console.log(await command(images, interrupted.signal));
}

if (process.argv[1] && realpathSync(process.argv[1]) === import.meta.filename) {
  await main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
