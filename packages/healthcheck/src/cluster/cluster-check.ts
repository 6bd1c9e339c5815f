import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive, option, readOptions } from '@cutover/internal';
import type { CheckDetails } from '../check.ts';
import { defineLocalCheck, type LocalCheck } from '../checks/define-check.ts';
import { HealthcheckError, refuseOption } from '../errors.ts';
import { clusterFolder, countWorkers, isWorkerState, type WorkerState } from './worker-state.ts';

/** Milliseconds without a heartbeat after which a worker counts as stuck. */
export const CLUSTER_MAX_AGE = 5_000;

export interface ClusterCheckOptions {
  /** Default `cluster`. */
  name?: string;
  /** Workers that must be serving; default 1. */
  min?: number;
  /** As given to `shareHealth`. */
  folder?: string;
  /** Milliseconds; default {@link CLUSTER_MAX_AGE}. */
  maxAge?: number;
}

/**
 * One answer for all workers of a PM2 cluster, whichever worker gets the request: how many serve, start, drain, fail or
 * are stuck. Bad when fewer than `min` serve, a warning when any fails or is stuck; draining is neither.
 * @throws {HealthcheckError} `invalid-options` at the call; `run` rejects with `unhealthy`, or `not-ready` while workers start.
 */
export function clusterCheck(options: ClusterCheckOptions = {}): LocalCheck {
  const { name, min, folder, maxAge } = readOptions(
    options,
    { name: option.text, min: option.count, folder: option.text, maxAge: option.duration },
    { name: 'cluster', min: 1, folder: clusterFolder(), maxAge: CLUSTER_MAX_AGE },
    refuseOption('clusterCheck'),
  );
  const doing = 'asking the workers';
  return defineLocalCheck({
    name,
    doing,
    run: async (): Promise<CheckDetails> => {
      const counts = countWorkers(await readWorkers(folder), { now: Date.now(), maxAge, isAlive });
      const facts = { ...counts };
      if (counts.serving < min) {
        const found = `${counts.serving} serving, ${counts.starting} starting, ${counts.draining} draining`;
        const code = counts.starting > 0 ? 'not-ready' : 'unhealthy';
        throw new HealthcheckError(code, { doing, found, wanted: `${min} serving` }, { facts });
      }
      return { status: counts.failing + counts.silent > 0 ? 'warn' : 'pass', facts };
    },
  });
}

async function readWorkers(folder: string): Promise<WorkerState[]> {
  const files = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith('.json'));
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8').catch(() => '')));
  return texts.flatMap((text) => {
    try {
      const read: unknown = JSON.parse(text);
      return isWorkerState(read) ? [read] : [];
    } catch {
      return [];
    }
  });
}
