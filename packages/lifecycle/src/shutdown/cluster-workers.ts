import type { Cluster, Worker } from 'node:cluster';
import type { Step } from './phases.ts';
import type { ClusterWorker } from './triggers.ts';

/** What a shutdown needs of node:cluster in a primary. */
export type Primary = Pick<Cluster, 'workers' | 'on' | 'off'>;

/** How a worker ended, if not cleanly. */
type Fault = string | undefined;

/**
 * Forwards the stop to the workers of a primary at once, since a supervisor may have signalled only the primary. The
 * step waits for them in the last phase: they may use all the time that the primary has.
 */
export function stopWorkers(primary: Primary): Step[] {
  const workers = Object.values(primary.workers ?? {}).filter((worker) => worker !== undefined);
  if (workers.length === 0) return [];
  const ended = Promise.all(workers.map(endOf));
  for (const worker of workers) {
    // For primaries that fork again after an exit and check this flag. Not earlier: node:cluster does not answer a worker
    // that has the flag.
    const markEnded = () => {
      (worker as ClusterWorker).exitedAfterDisconnect = true;
    };
    for (const event of ['disconnect', 'exit']) worker.process.prependOnceListener(event, markEnded);
    worker.process.kill('SIGTERM');
  }
  const kill = (worker: Worker) => void worker.process.kill('SIGKILL');
  // For primaries that do not check it.
  primary.on('fork', kill);
  return [
    {
      name: 'workers',
      phase: 'flush',
      timeout: Number.POSITIVE_INFINITY,
      pending: () => `${workers.filter((worker) => !worker.isDead()).length} of ${workers.length} workers`,
      dispose: () => void primary.off('fork', kill),
      close: async ({ signal }) => {
        signal.addEventListener('abort', () => workers.forEach(kill), { once: true });
        const faults = (await ended).filter((fault) => fault !== undefined);
        if (faults.length > 0) throw new Error(faults.join(', '));
      },
    },
  ];
}

const endOf = (worker: Worker): Promise<Fault> =>
  new Promise((resolve) => {
    worker.once('exit', (code, signal) => {
      const clean = code === 0 && !signal;
      resolve(clean ? undefined : `worker ${worker.process.pid} ended with ${signal || `code ${code}`}`);
    });
  });
