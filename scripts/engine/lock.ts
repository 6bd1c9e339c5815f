import { once } from 'node:events';
import { execa } from 'execa';
import type { Scene } from './step.ts';

// A folder that always exists: there is no lock file to leave behind, and none to remove under a waiting process.
const lockedFolder = '/var/lib';

/**
 * Runs an action while no other process of this machine runs one. The kernel lets go of the lock when this process
 * ends in whatever way: the holder reads our pipe and dies with it. It has its own group so that Ctrl-C spares it.
 */
export async function exclusively<T>({ signal }: Scene, action: () => Promise<T>): Promise<T> {
  const holder = execa('flock', [lockedFolder, 'sh', '-c', 'echo held; exec cat'], {
    stdin: 'pipe',
    buffer: false,
    detached: true,
    reject: false,
  });
  const abandon = () => holder.kill();
  signal.addEventListener('abort', abandon);
  try {
    await Promise.race([once(holder.stdout, 'data'), holder]);
    signal.throwIfAborted();
    signal.removeEventListener('abort', abandon);
    return await action();
  } finally {
    signal.removeEventListener('abort', abandon);
    holder.stdin.end();
    await holder;
  }
}
