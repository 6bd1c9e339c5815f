import type { Clock, ProcessState } from '@cutover/internal';
import { kill, send } from '../pm2/end-processes.ts';
import { type Family, frontOf } from './family.ts';

/** Milliseconds between checks of the remaining processes: the first pause, and the longest. */
const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 250;
/**
 * Milliseconds for processes that become topmost only after the stop to end by themselves: a wrapper whose service has
 * ended, the reader of a pipe whose writer has ended. Processes that a shell has just started can install handlers.
 */
const SETTLE_TIME = 500;

export interface EndOptions {
  readonly clock: Clock;
  /** Milliseconds until the remaining processes are killed. */
  readonly gracePeriod: number;
  /** Aborts when the leader has ended, to check again at once. */
  readonly leaderEnded: AbortSignal;
}

/**
 * Signals each process of a family that needs it, once, until none is left. Resolves to whether some had to be
 * killed.
 */
export async function endFamily(
  living: Family,
  name: NodeJS.Signals,
  { clock, gracePeriod, leaderEnded }: EndOptions,
): Promise<boolean> {
  const began = clock.now();
  const ask = askerOf(name);
  for (let family = living(); family.length > 0; family = living()) {
    const elapsed = clock.now() - began;
    if (elapsed >= gracePeriod) return killed(living, clock);
    ask(family, clock.now());
    const pause = Math.min(Math.max(FIRST_PAUSE, elapsed / 10), LONGEST_PAUSE, gracePeriod - elapsed);
    await clock.sleep(pause, leaderEnded.aborted ? undefined : leaderEnded).catch(() => {});
  }
  return false;
}

/** Signals the topmost processes that a check finds: in the first check at once, later after {@link SETTLE_TIME}. */
function askerOf(name: NodeJS.Signals) {
  const asked = new Set<number>();
  const inFrontSince = new Map<number, number>();
  let first: ReadonlySet<number> | undefined;
  const ask = (pid: number) => {
    if (!asked.has(pid)) send(pid, name);
    asked.add(pid);
  };
  return (family: readonly ProcessState[], now: number): void => {
    const pids = new Set(family.map(({ pid }) => pid));
    const start = first ? now : Number.NEGATIVE_INFINITY;
    first ??= pids;
    for (const { pid, parent } of frontOf(family)) {
      const since = inFrontSince.get(pid) ?? start;
      inFrontSince.set(pid, since);
      if (now - since < SETTLE_TIME) continue;
      // A shell that keeps starting processes during the stop, as a loop does, would never end.
      if (!first.has(pid) && pids.has(parent)) ask(parent);
      ask(pid);
    }
  };
}

async function killed(living: Family, clock: Clock): Promise<true> {
  // Repeated, since a process may have just started another.
  for (let tries = 0; tries < 2; tries++) {
    await kill(living(), { clock, signal: undefined }).catch(() => {});
  }
  return true;
}
