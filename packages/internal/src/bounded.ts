import { type Clock, systemClock } from './clock.ts';
import { linkSignals } from './signals.ts';

/** A wait that reached its limit. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
  readonly timeout: number;

  constructor(timeout: number) {
    super(`no answer within ${timeout} ms`);
    this.timeout = timeout;
  }
}

export interface BoundedOptions {
  /** Limit in milliseconds; `Infinity` for none. */
  timeout: number;
  signal?: AbortSignal | undefined;
  /** Whose time the limit is; default the system's. */
  clock?: Clock | undefined;
}

/**
 * Runs `work` with a signal of its own and settles no later than its timeout or the caller's abort, whether or
 * not the work honours the signal. The first reason wins; timer and listeners are gone when it settles.
 */
export async function bounded<T>(
  { timeout, signal: outer, clock = systemClock }: BoundedOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const linked = linkSignals(outer);
  const { signal } = linked;
  let onAbort: (() => void) | undefined;
  try {
    signal.throwIfAborted();
    if (Number.isFinite(timeout)) {
      clock.sleep(timeout, signal).then(
        () => linked.abort(new TimeoutError(timeout)),
        () => {},
      );
    }
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
    });
    return await Promise.race([work(signal), aborted]);
  } finally {
    if (onAbort) signal.removeEventListener('abort', onAbort);
    linked[Symbol.dispose]();
    linked.abort(new Error('finished'));
  }
}
