import { join } from 'node:path';
import { execa } from 'execa';
import { cache } from './paths.ts';

/**
 * `npm install` of what a folder's package.json asks for, from npm's cache as far as it is there.
 *
 * @param what for the error: what is installed
 * @throws if anything of it cannot be installed
 */
export async function npmInstall(folder: string, what: string, npmCache = join(cache, 'npm')): Promise<void> {
  const { exitCode, all } = await execa(
    'npm',
    [
      'install',
      '--prefer-offline',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--no-package-lock',
      '--cache',
      npmCache,
    ],
    { cwd: folder, all: true, reject: false },
  );
  if (exitCode === 0) return;
  throw new Error(
    `installing ${what} for the tests of the packed packages: ${all.trim()}. ` +
      'Fix: see that the npm registry can be reached; the versions are in scripts/packed/versions.ts',
  );
}
