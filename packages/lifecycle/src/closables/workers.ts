import { systemClock } from '@cutover/internal';
import type { StepContext } from '../shutdown/types.ts';
import { call, type Methods } from './methods.ts';

/** Milliseconds between two looks at the state of a Temporal worker, which tells nobody when it changes. */
const TEMPORAL_POLL = 50;

/**
 * A Temporal worker throws when told to shut down unless it is RUNNING, and its end shows only in its state. One that
 * was made and never run holds its connection all the same, so it is run and stopped at once. Its native part may ask
 * for work once before it hears of that; what it gets by then it does.
 * @throws when it has FAILED, before or now
 */
export async function stopTemporal(worker: Methods, { signal }: StepContext): Promise<void> {
  const state = () => call(worker, 'getState');
  if (state() === 'INITIALIZED') return stopBeforeRun(worker);
  if (state() === 'RUNNING') call(worker, 'shutdown');
  while (state() !== 'STOPPED' && !signal.aborted) {
    if (state() === 'FAILED') throw new Error('the worker is FAILED');
    await systemClock.sleep(TEMPORAL_POLL);
  }
}

async function stopBeforeRun(worker: Methods): Promise<void> {
  const ended = call(worker, 'runUntil', Promise.resolve()) as Promise<void>;
  // The application is about to run it: that finds it over, where a second run would throw.
  (worker as { run: unknown }).run = () => ended;
  await ended;
}

/** Bull's and BullMQ's `close` wait for running jobs without limit; when our time is over they are given up, with `force`. */
export async function stopBull(worker: Methods, { signal }: StepContext): Promise<void> {
  const force = () => void Promise.resolve(call(worker, 'close', true)).catch(() => {});
  signal.addEventListener('abort', force, { once: true });
  try {
    await call(worker, 'close');
  } finally {
    signal.removeEventListener('abort', force);
  }
}

/** A gRPC server waits for its calls without limit; when our time is over they are cut. */
export function stopGrpc(server: Methods, { signal }: StepContext): Promise<void> {
  const force = () => void call(server, 'forceShutdown');
  return new Promise<void>((resolve, reject) => {
    signal.addEventListener('abort', force, { once: true });
    call(server, 'tryShutdown', (error?: Error) => (error ? reject(error) : resolve()));
  }).finally(() => signal.removeEventListener('abort', force));
}
