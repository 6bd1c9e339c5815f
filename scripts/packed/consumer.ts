import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { npmInstall } from './npm.ts';
import { packages, root } from './paths.ts';
import { consumerDependencies } from './versions.ts';

/** A project outside the workspace that has installed the packages as npm would deliver them. */
export interface Consumer {
  readonly folder: string;
  /** Package → its tarball. */
  readonly tarballs: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/** @throws if a package was not built, cannot be packed or cannot be installed; nothing is left behind then */
export async function createConsumer(): Promise<Consumer> {
  const folder = await mkdtemp(join(tmpdir(), 'cutover-packed-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const tarballs: Record<string, string> = {};
    // One after the other: the folder can only go when nobody writes into it any more.
    for (const name of packages) tarballs[name] = await pack(name, folder);
    const own = Object.entries(tarballs).map(([name, tarball]) => [`@cutover/${name}`, tarball]);
    const dependencies = { ...consumerDependencies, ...Object.fromEntries(own) };
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
    await npmInstall(folder, 'the packages');
    return { folder, tarballs, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function pack(name: string, folder: string): Promise<string> {
  const directory = join(root, 'packages', name);
  await stat(join(directory, 'dist/index.js')).catch(() => {
    throw new Error(`packing @cutover/${name}: it is not built. Fix: run "pnpm build" first`);
  });
  const destination = join(folder, 'tarballs', name);
  await execa('pnpm', ['pack', '--pack-destination', destination], { cwd: directory });
  const [file] = await readdir(destination);
  return join(destination, file as string);
}
