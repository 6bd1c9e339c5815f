import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { stateFolder } from './paths.ts';

const prefix = 'tmp-';

/** A folder beside the state it will be moved to, gone afterwards whatever happens. */
export async function inTemporaryFolder<T>(action: (folder: string) => Promise<T>): Promise<T> {
  await mkdir(stateFolder, { recursive: true });
  const folder = await mkdtemp(`${stateFolder}/${prefix}`);
  try {
    return await action(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes what killed processes left; only while nobody else is at work. */
export async function clearTemporaryFolders(): Promise<void> {
  const left = (await readdir(stateFolder).catch(() => [])).filter((name) => name.startsWith(prefix));
  for (const name of left) await rm(`${stateFolder}/${name}`, { recursive: true, force: true });
}
