import { mkdtemp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';

export interface Bundle extends AsyncDisposable {
  readonly file: string;
}

/** A script of the tests as one plain file, since it starts often, or where there is no TypeScript. */
export async function bundleScript(script: URL): Promise<Bundle> {
  // Inside the package, so that its dependencies are found.
  const directory = await mkdtemp(fileURLToPath(new URL('../../node_modules/.bundle-', import.meta.url)));
  const remove = () => rm(directory, { recursive: true, force: true });
  const entry = fileURLToPath(script);
  await build({
    config: false,
    silent: true,
    entry: [entry],
    outDir: directory,
    format: 'esm',
    outExtension: () => ({ js: '.mjs' }),
    target: 'node20',
    external: ['dockerode', 'execa'],
    esbuildOptions: (options) => {
      options.conditions = ['@cutover/source'];
    },
  }).catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  return { file: join(directory, basename(entry).replace(/\.ts$/, '.mjs')), [Symbol.asyncDispose]: remove };
}
