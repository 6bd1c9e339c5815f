import { refuse } from '../errors.ts';
import type { Closable, Phase, StepContext } from './types.ts';

export interface Closer {
  readonly phase: Phase;
  close(context: StepContext): unknown;
}

type Method = (...args: unknown[]) => unknown;
type Methods = Readonly<Record<string, Method | undefined>>;

// Prisma first: a later query would silently open its pool again. `quit` before `disconnect`: it lets replies arrive.
const CLOSING = ['$disconnect', 'quit', 'end', 'close', 'destroy'] as const;

/**
 * How a thing is closed, and in which phase by default.
 * @throws {LifecycleError} `bad-option` when it has none of the known methods
 */
export function closerOf(name: string, target: Closable): Closer {
  if (typeof target === 'function') return { phase: 'close', close: target };
  const methods = Object(target) as Methods;
  const has = (...names: string[]) => names.every((key) => typeof methods[key] === 'function');
  if (has('shutdown', 'getState'))
    return { phase: 'drain', close: (context) => stopTemporal(methods, context) };
  if (has('close', 'isRunning', 'pause'))
    return { phase: 'drain', close: (context) => stopBull(methods, context) };
  const method = CLOSING.find((key) => has(key));
  if (method) return { phase: 'close', close: () => methods[method]?.() };
  throw refuse(`adding ${name} to the shutdown`)({
    name: 'close',
    found: 'something that cannot be closed',
    wanted: `a function, or an object with one of ${CLOSING.join(', ')}`,
  });
}

/** A Temporal worker throws when told to shut down unless it is RUNNING, and its end shows only in its state. */
async function stopTemporal(worker: Methods, { signal }: StepContext): Promise<void> {
  if (worker.getState?.() === 'RUNNING') worker.shutdown?.();
  while (worker.getState?.() !== 'STOPPED' && !signal.aborted) {
    if (worker.getState?.() === 'FAILED') throw new Error('the worker is FAILED');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** BullMQ's close waits for running jobs without limit; when our time is over they are given up, with `force`. */
async function stopBull(worker: Methods, { signal }: StepContext): Promise<void> {
  const force = () => void Promise.resolve(worker.close?.(true)).catch(() => {});
  signal.addEventListener('abort', force, { once: true });
  try {
    await worker.close?.();
  } finally {
    signal.removeEventListener('abort', force);
  }
}
