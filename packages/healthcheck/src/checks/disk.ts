import { statfs } from 'node:fs/promises';
import { option, readOptions } from '@cutover/internal';
import { HealthcheckError, refuseOption } from '../errors.ts';
import { defineLocalCheck, type LocalCheck } from './define-check.ts';

/** Share of a file system that must be free, of its bytes and of its inodes. */
export const DISK_WARN = 0.1;
export const DISK_FAIL = 0.03;

export interface DiskCheckOptions {
  /** Default `disk`. */
  name?: string;
  /** Free share, 0 to 1, from which it is reported; default {@link DISK_WARN}. */
  warnAt?: number;
  /** Free share, 0 to 1, from which it is bad; default {@link DISK_FAIL}. */
  failAt?: number;
}

/**
 * The file system of `path` has room, in bytes and in inodes.
 * @throws {HealthcheckError} `invalid-options` at the call; `run` rejects with `unhealthy`, or `unreachable` for no such path.
 */
export function diskCheck(path: string, options: DiskCheckOptions = {}): LocalCheck {
  const { name, warnAt, failAt } = readOptions(
    options,
    { name: option.text, warnAt: option.share, failAt: option.share },
    { name: 'disk', warnAt: DISK_WARN, failAt: DISK_FAIL },
    refuseOption('diskCheck'),
  );
  readOptions({ path }, { path: option.text }, {}, refuseOption('diskCheck'));
  const doing = `reading the file system of ${path}`;
  return defineLocalCheck({
    name,
    doing,
    run: async () => {
      const { bavail, blocks, ffree, files, bsize } = await statfs(path);
      // Some file systems (btrfs, overlays of it) count no inodes.
      const free = Math.min(bavail / blocks, files > 0 ? ffree / files : 1);
      const facts = { freeBytes: bavail * bsize, freeShare: Math.round(free * 1000) / 1000 };
      const note = `${Math.round(free * 1000) / 10} % free`;
      if (free <= failAt) throw new HealthcheckError('unhealthy', { doing, found: note }, { facts });
      return { status: free <= warnAt ? 'warn' : 'pass', note, facts };
    },
  });
}
