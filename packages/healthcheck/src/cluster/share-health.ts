import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { option, readOptions, replaceFileSync, Timer } from '@cutover/internal';
import { refuseOption } from '../errors.ts';
import type { Health } from '../health/create-health.ts';
import { clusterFolder, type WorkerState } from './worker-state.ts';

/** Milliseconds between two heartbeats of a worker. */
export const SHARE_INTERVAL = 1_000;

export interface ShareOptions {
  /**
   * A folder that only the workers of the app share; default one in the temporary folder, by PM2's name for the app.
   */
  folder?: string;
  /** The id of this worker among the others; default `pm_id`, else the process id. */
  id?: string;
  /** Milliseconds; default {@link SHARE_INTERVAL}. */
  interval?: number;
}

/**
 * Publishes the state of this worker in its own file; `clusterCheck` reads the files of all workers. Ends when
 * disposed, and with the process.
 * @throws {HealthcheckError} `invalid-options`.
 */
export function shareHealth(health: Health, options: ShareOptions = {}): Disposable {
  const { folder, id, interval } = readOptions(
    options,
    { folder: option.text, id: option.text, interval: option.duration },
    { folder: clusterFolder(), id: process.env.pm_id ?? String(process.pid), interval: SHARE_INTERVAL },
    refuseOption('shareHealth'),
  );
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${id}.json`);
  const write = async () => {
    const { status, state } = await health.report('ready');
    if (!isOver) replace(file, { at: Date.now(), pid: process.pid, state, status });
  };
  let isOver = false;
  // Written at once and without waiting: a worker that begins to drain may have little time left.
  const onChange = health.subscribe((event) => {
    if (event.type === 'state') void write();
  });
  const timer = new Timer(interval, () => {
    void write();
    timer.restart();
  }).unref();
  void write();
  return {
    [Symbol.dispose]: () => {
      isOver = true;
      timer.stop();
      onChange();
      rmSync(file, { force: true });
    },
  };
}

function replace(file: string, state: WorkerState): void {
  try {
    replaceFileSync(file, JSON.stringify(state));
  } catch {
    // The other workers see an old heartbeat, which is correct.
  }
}
