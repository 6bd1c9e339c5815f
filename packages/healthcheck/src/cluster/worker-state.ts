import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CheckStatus } from '../health/probe.ts';
import type { HealthState } from '../health/report.ts';

/** The state that a worker reports about itself. */
export interface WorkerState {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly pid: number;
  readonly state: HealthState;
  readonly status: CheckStatus;
}

/** Whether a file's content was written by a worker. */
export const isWorkerState = (read: unknown): read is WorkerState => {
  const { at, pid, state } = Object(read) as Record<string, unknown>;
  const isState = state === 'serving' || state === 'starting' || state === 'draining';
  return typeof at === 'number' && Number.isInteger(pid) && isState;
};

/** PM2 gives each app its name in the environment; the folder is per user, so no user can report for another. */
export const clusterFolder = (): string => {
  const app = (process.env.name ?? 'app').replace(/[^\w.-]/g, '_');
  return join(tmpdir(), `cutover-health-${process.getuid?.() ?? 0}-${app}`);
};

export interface WorkerCounts {
  serving: number;
  starting: number;
  draining: number;
  /** Ready checks fail. */
  failing: number;
  /** Alive, but without a heartbeat for too long: a stuck event loop. */
  silent: number;
}

/** Counts workers by state; workers whose process is gone are ignored. */
export function countWorkers(
  workers: readonly WorkerState[],
  { now, maxAge, isAlive }: { now: number; maxAge: number; isAlive: (pid: number) => boolean },
): WorkerCounts {
  const counts: WorkerCounts = { serving: 0, starting: 0, draining: 0, failing: 0, silent: 0 };
  for (const { at, pid, state, status } of workers) {
    if (!isAlive(pid)) continue;
    if (now - at > maxAge) counts.silent += 1;
    else if (state !== 'serving') counts[state] += 1;
    else counts[status === 'fail' ? 'failing' : 'serving'] += 1;
  }
  return counts;
}
