import { readdirSync, readFileSync } from 'node:fs';

/** A process as the kernel knows it. A pid may be reused; pid and start time together are unique. */
export interface ProcessState {
  readonly pid: number;
  /** R, S, D, T, Z, X. */
  readonly state: string;
  readonly parent: number;
  readonly session: number;
  /** Ticks since the machine has booted. */
  readonly started: number;
}

/** Whether a process runs. A zombie (dead, not yet reaped) does not, although signal 0 reaches it. */
export function isAlive(pid: number): boolean {
  return pid > 0 && isReached(pid) && !'ZX'.includes(stateOf(pid)?.state ?? 'R');
}

/** Whether there is a process, or a group by its negative number, for a signal. */
export function isReached(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether this very process still runs. */
export const isStill = ({ pid, started }: ProcessState): boolean =>
  isAlive(pid) && stateOf(pid)?.started === started;

/** The processes started by a process: its descendants and, if it leads a session, orphans of that session. */
export function offspringOf(pid: number): ProcessState[] {
  const all = processes();
  const family = new Set([pid]);
  // A child may have a lower pid than its parent, so repeat until no more are found.
  for (let size = 0; size < family.size; ) {
    size = family.size;
    for (const one of all) if (family.has(one.parent) || one.session === pid) family.add(one.pid);
  }
  return all.filter((one) => one.pid !== pid && family.has(one.pid));
}

/** All processes of this machine or container; none where there is no /proc. */
export function processes(): ProcessState[] {
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) && stateOf(Number(name))) || []);
  } catch {
    return [];
  }
}

/** Undefined for a process that is gone, and where there is no /proc. */
export function stateOf(pid: number): ProcessState | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name before the fields is in parentheses and may itself contain parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state = '', parent, , session] = fields;
    return { pid, state, parent: Number(parent), session: Number(session), started: Number(fields[19]) };
  } catch {
    return undefined;
  }
}
