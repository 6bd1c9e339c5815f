import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';

/** What tells a live holder from a dead one on the same boot of the same host. */
export interface Identity {
  readonly host: string;
  readonly boot: string;
  readonly pid: number;
  /** Start of the process in clock ticks since boot, since a pid is used again; empty where the system hides it. */
  readonly started: string;
}

export async function ownIdentity(): Promise<Identity> {
  return { host: hostname(), boot: await bootId(), pid: process.pid, started: await startOf(process.pid) };
}

/** Whether that process has ended; undefined where it cannot be known from here. */
export async function isGone({ boot, pid, started }: Identity): Promise<boolean | undefined> {
  if (boot !== (await bootId())) return undefined;
  return !isAlive(pid) || started !== (await startOf(pid));
}

const bootId = async (): Promise<string> =>
  (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => hostname())).trim();

async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name in parentheses may hold spaces; the start time is the 20th field after it.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
