import type { Worker } from '@temporalio/worker';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { type TemporalWorker, temporalWorkerCheck } from '../../src/index.ts';
import { run } from '../helpers/run.ts';

describe('temporalWorkerCheck', () => {
  it('takes a Worker of @temporalio/worker', () => {
    expectTypeOf<Worker>().toExtend<TemporalWorker>();
    // Every state the worker's own type names is judged below.
    expectTypeOf<ReturnType<Worker['getState']>>().toEqualTypeOf<
      'INITIALIZED' | 'RUNNING' | 'STOPPED' | 'STOPPING' | 'DRAINING' | 'DRAINED' | 'FAILED'
    >();
  });

  it.each([
    ['INITIALIZED', 'not-ready'],
    ['STOPPING', 'unhealthy'],
    ['DRAINING', 'unhealthy'],
    ['DRAINED', 'unhealthy'],
    ['STOPPED', 'unhealthy'],
    ['FAILED', 'unhealthy'],
  ])('objects to %s', async (state, code) => {
    await expect(run(temporalWorkerCheck({ getState: () => state }))).rejects.toMatchObject({ code });
  });

  it('is content with RUNNING', async () => {
    await expect(run(temporalWorkerCheck({ getState: () => 'RUNNING' }))).resolves.toMatchObject({});
  });
});
