import {
  bounded,
  type Clock,
  isAlive,
  isStill,
  offspringOf,
  type ProcessState,
  TimeoutError,
} from '@cutover/internal';

/** Milliseconds between looks at a process that should be gone. */
const PROOF_PAUSE = 20;
/** Milliseconds that a killed process has to go: only the kernel can delay it. */
export const PROOF_TIMEOUT = 5_000;

export interface Limits {
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

/** A process by its id alone, or with what tells it from a later process with the same id. */
type ProcessRef = number | ProcessState;

/** Kills processes and waits until they are gone. */
export async function kill(all: readonly ProcessRef[], limits: Limits): Promise<void> {
  for (const one of all) send(typeof one === 'number' ? one : one.pid, 'SIGKILL');
  await untilGone(all, { ...limits, timeout: PROOF_TIMEOUT });
}

/**
 * Ends the processes that one has left behind: PM2 finds children with `ps`, which slim images lack, and finds no
 * orphans. They get the rest of the grace period.
 */
export async function endOrphans(
  pid: number,
  offspring: readonly ProcessState[],
  { timeout, clock, signal }: Limits & { timeout: number },
): Promise<{ found: number; killed: number }> {
  const orphans = unique([...offspring, ...offspringOf(pid)]).filter(isStill);
  for (const orphan of orphans) send(orphan.pid, 'SIGTERM');
  await untilGone(orphans, { timeout, clock, signal }).catch(ignoreTimeout);
  const killed = orphans.filter(isStill);
  await kill(killed, { clock, signal });
  return { found: orphans.length, killed: killed.length };
}

const unique = (all: readonly ProcessState[]): ProcessState[] => [
  ...new Map(all.map((one) => [one.pid, one])).values(),
];

function ignoreTimeout(error: unknown): void {
  if (!(error instanceof TimeoutError)) throw error;
}

/** Signals a process that may have just ended. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has.
  }
}

export const untilGone = (
  all: readonly ProcessRef[],
  { timeout, clock, signal }: Limits & { timeout: number },
): Promise<void> =>
  bounded({ timeout, signal, clock }, async (limited) => {
    while (all.some((one) => isThere(one))) await clock.sleep(PROOF_PAUSE, limited);
  });

const isThere = (one: ProcessRef): boolean => (typeof one === 'number' ? isAlive(one) : isStill(one));
