import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CheckStatus } from '../health/probe.ts';
import type { HealthState } from '../health/report.ts';

/** A worker's own word about itself. */
export interface WorkerState {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly pid: number;
  readonly state: HealthState;
  readonly status: CheckStatus;
}

/** Whether what was read from a file is what a worker wrote. */
export const isWorkerState = (read: unknown): read is WorkerState => {
  const { at, pid, state } = Object(read) as Record<string, unknown>;
  const isState = state === 'serving' || state === 'starting' || state === 'draining';
  return typeof at === 'number' && Number.isInteger(pid) && isState;
};

/** PM2 gives each app its name in the environment; users are kept apart, so that none can speak for another. */
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
  /** Alive, but without a sign of life for too long: an event loop that is stuck. */
  silent: number;
}

/** Counts workers by how they are; those whose process is gone are nobody's. */
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
