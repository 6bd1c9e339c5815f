import { execa } from 'execa';
import { demo } from '../examples/ecommerce/demo/demo.ts';
import { createScreen } from '../examples/ecommerce/demo/screen.ts';
import { demoImages, ensureEngine } from './engine/index.ts';

/** The main job on the real stack: engine and packages first, then `examples/ecommerce/demo`. */
const screen = createScreen();
const interrupt = new AbortController();
const { signal } = interrupt;
let removal: string | undefined;

for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => onSignal(name));

function onSignal(name: string): void {
  if (!signal.aborted) {
    screen.print(`${name}: taking down what was started; once more to leave at once`);
    interrupt.abort(new Error(`asked to stop by ${name}`));
    return;
  }
  screen.print(
    `${name} again. ${removal ? `The stack stays; remove it with\n  ${removal}` : 'Nothing stays.'}`,
  );
  process.exit(130);
}

try {
  const { env, provided } = await screen.step('provide a Docker engine and base images', ({ tell }) =>
    ensureEngine({ images: demoImages, log: tell, signal }),
  );
  Object.assign(process.env, env);
  await screen.step('build the packages', () => execa('pnpm', ['build'], { cancelSignal: signal }));
  const good = await demo({ screen, signal, onRemains: (command) => (removal = command) });
  screen.print(
    provided === 'private'
      ? 'The private Docker engine stays running for the next time; "pnpm down" ends it.'
      : '',
  );
  process.exitCode = good ? 0 : 1;
} catch (error) {
  screen.print(signal.aborted ? String(signal.reason) : `${error instanceof Error ? error.message : error}`);
  process.exitCode = signal.aborted ? 130 : 1;
}
