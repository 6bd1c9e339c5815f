import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces a file so that a reader, a crash or a full disk leaves all of the old content or all of the new, on the disk
 * when it resolves. For a symbolic link its target is replaced. Owner, group and mode stay. Where only
 * root could keep the owner, they become this user's, unless other users could then no longer read the file.
 *
 * Not `write-file-atomic`: its clean-up wraps `process.emit` and `process.reallyExit` while it writes, in processes
 * whose signals these packages handle.
 * @param mode of a file that is new
 * @throws what the file system throws; the file is as it was then
 */
export async function replaceFile(path: string, content: string | Buffer, mode: number): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const draft = draftOf(target);
  try {
    const before = await stat(target).catch(ignoreMissing);
    // Readable only by its owner until it has the owner and mode of the old file.
    const file = await open(draft, 'wx', 0o600);
    try {
      if (before) await keepOwner(file, before);
      await file.chmod(before ? before.mode & 0o7777 : mode);
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await flushFolder(dirname(target));
}

/** Synchronous and without fsync: a reader sees all of the old content or all of the new; a power cut may lose both. */
export function replaceFileSync(path: string, content: string): void {
  const draft = draftOf(path);
  try {
    writeFileSync(draft, content, { flag: 'wx' });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** The flag `wx` refuses an existing name, so it need not be secret; `node:crypto` would slow every start-up. */
const draftOf = (path: string): string => `${path}.${Math.random().toString(36).slice(2)}.tmp`;

async function keepOwner(
  file: FileHandle,
  { uid, gid, mode }: { uid: number; gid: number; mode: number },
): Promise<void> {
  const now = await file.stat();
  if (now.uid === uid && now.gid === gid) return;
  try {
    await file.chown(uid, gid);
  } catch (error) {
    if ((mode & 0o004) === 0) throw error;
  }
}

async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
