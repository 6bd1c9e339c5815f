import { systemClock } from '@cutover/internal';
import type { StepContext } from '../shutdown/types.ts';
import { call, type Methods } from './methods.ts';

/** Milliseconds between two checks of the state of a Temporal worker, which emits no event when it changes. */
const TEMPORAL_POLL = 50;

/**
 * A Temporal worker throws on shutdown unless it is RUNNING, and only its state shows its end. A worker that was
 * created but never run still holds its connection, so it is run and stopped at once. Before its native part gets
 * the stop it may poll for work once; it completes work that it gets by then.
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
  // The application is about to run it: its run finds the worker stopped, where a second run would throw.
  (worker as { run: unknown }).run = () => ended;
  await ended;
}

/**
 * Bull's and BullMQ's `close` wait for running jobs without limit; when the time is over they are abandoned, with
 * `force`.
 */
export async function stopBull(worker: Methods, { signal }: StepContext): Promise<void> {
  const force = () => void Promise.resolve(call(worker, 'close', true)).catch(() => {});
  signal.addEventListener('abort', force, { once: true });
  try {
    await call(worker, 'close');
  } finally {
    signal.removeEventListener('abort', force);
  }
}

/** A gRPC server waits for its calls without limit; when the time is over they are cut. */
export function stopGrpc(server: Methods, { signal }: StepContext): Promise<void> {
  const force = () => void call(server, 'forceShutdown');
  return new Promise<void>((resolve, reject) => {
    signal.addEventListener('abort', force, { once: true });
    call(server, 'tryShutdown', (error?: Error) => (error ? reject(error) : resolve()));
  }).finally(() => signal.removeEventListener('abort', force));
}
