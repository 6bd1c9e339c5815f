import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { isAlive, stateOf } from '@cutover/internal';

/** What tells a live holder from a dead one where its process can be looked up. */
export interface Identity {
  readonly host: string;
  readonly boot: string;
  /**
   * The pid namespace: containers of one host share the boot and not the pids. Empty where the system has none;
   * undefined where process ids cannot be looked up, since /proc belongs to another namespace.
   */
  readonly namespace: string | undefined;
  readonly pid: number;
  /** Start of the process in clock ticks since boot, since a pid is used again; empty where the system hides it. */
  readonly started: string;
}

export async function ownIdentity(): Promise<Identity> {
  const { pid } = process;
  return {
    host: hostname(),
    boot: await bootId(),
    namespace: await ownNamespace(),
    pid,
    started: startOf(pid),
  };
}

/** Whether that process has ended; undefined where it cannot be known from here. */
export async function isGone(other: Identity): Promise<boolean | undefined> {
  if (!isWithinReach(await ownIdentity(), other)) return undefined;
  return !isAlive(other.pid) || other.started !== startOf(other.pid);
}

/** Whether a pid of `other` means the same process to `own`. */
export const isWithinReach = (own: Identity, other: Identity): boolean =>
  own.boot === other.boot && own.namespace !== undefined && own.namespace === other.namespace;

const bootId = async (): Promise<string> =>
  (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => hostname())).trim();

async function ownNamespace(): Promise<string | undefined> {
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  if (namespace === '') return '';
  return (await readlink('/proc/self')) === String(process.pid) ? namespace : undefined;
}

const startOf = (pid: number): string => String(stateOf(pid)?.started ?? '');
