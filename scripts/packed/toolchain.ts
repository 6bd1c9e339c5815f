import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { npmInstall } from './npm.ts';
import { cache } from './paths.ts';
import { nodeVersions, typescriptVersions } from './versions.ts';

export type NodeVersion = (typeof nodeVersions)[number];
export type TypescriptVersion = (typeof typescriptVersions)[number];

const platform = `node-${process.platform}-${process.arch}`;
const folder = join(cache, 'toolchain');

export const nodeBinary = (version: NodeVersion): string =>
  join(folder, 'node_modules', `node-${version}`, 'bin/node');

/** The compiler's program, for any Node to run. */
export const compiler = (version: TypescriptVersion): string =>
  join(folder, 'node_modules', `typescript-${version}`, 'bin/tsc');

const names = `Node ${nodeVersions.join(', ')} and TypeScript ${typescriptVersions.join(', ')}`;

const manifest = JSON.stringify({
  private: true,
  dependencies: Object.fromEntries([
    ...nodeVersions.map((version) => [`node-${version}`, `npm:${platform}@${version}`]),
    ...typescriptVersions.map((version) => [`typescript-${version}`, `npm:typescript@${version}`]),
  ]),
});

/**
 * Installs every Node and every TypeScript of `versions.ts` once; they stay under `node_modules/.cache` until the
 * list changes. In a folder of its own that is renamed when complete, so that one half installed is never used.
 *
 * @throws if a version cannot be installed
 */
export async function ensureToolchain(): Promise<void> {
  if ((await readFile(join(folder, 'package.json'), 'utf8').catch(() => '')) === manifest) return;
  const unfinished = `${folder}-${process.pid}`;
  try {
    await mkdir(unfinished, { recursive: true });
    await writeFile(join(unfinished, 'package.json'), manifest);
    // What was downloaded is not kept beside what was unpacked from it.
    const downloads = join(unfinished, 'downloads');
    await npmInstall(unfinished, names, downloads);
    await rm(downloads, { recursive: true });
    await rm(folder, { recursive: true, force: true });
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}
