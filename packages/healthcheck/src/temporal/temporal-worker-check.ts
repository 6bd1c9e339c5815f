import { option, readOptions } from '@cutover/internal';
import { defineLocalCheck, type LocalCheck } from '../checks/define-check.ts';
import { requireMethods } from '../checks/require-methods.ts';
import { HealthcheckError, refuseOption } from '../errors.ts';

/** What is needed of a Worker of `@temporalio/worker`. */
export interface TemporalWorker {
  getState(): string;
}

export interface TemporalWorkerCheckOptions {
  /** Default `temporal-worker`. */
  name?: string;
}

/**
 * The Temporal worker of this process is RUNNING. Asks the worker itself: no connection, no cost.
 * @throws {HealthcheckError} `invalid-options` at the call; `run` rejects with `not-ready` (not yet running) or `unhealthy`.
 */
export function temporalWorkerCheck(
  worker: TemporalWorker,
  options: TemporalWorkerCheckOptions = {},
): LocalCheck {
  const refuse = refuseOption('temporalWorkerCheck');
  const { name } = readOptions(options, { name: option.text }, { name: 'temporal-worker' }, refuse);
  requireMethods('temporalWorkerCheck', worker, 'getState');
  const doing = 'asking the Temporal worker';
  return defineLocalCheck({
    name,
    doing,
    run: async () => {
      const state = worker.getState();
      if (state === 'RUNNING') return { facts: { state } };
      const code = state === 'INITIALIZED' ? 'not-ready' : 'unhealthy';
      throw new HealthcheckError(code, { doing, found: state, wanted: 'RUNNING' }, { facts: { state } });
    },
  });
}
