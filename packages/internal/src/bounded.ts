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
}

/**
 * Runs `work` with a signal of its own and settles no later than its timeout or the caller's abort, whether or
 * not the work honours the signal. The first reason wins; timer and listeners are gone when it settles.
 */
export async function bounded<T>(
  { timeout, signal: outer }: BoundedOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const linked = linkSignals(outer);
  const { signal } = linked;
  const timer = Number.isFinite(timeout)
    ? setTimeout(() => linked.abort(new TimeoutError(timeout)), timeout)
    : undefined;
  let onAbort: (() => void) | undefined;
  try {
    signal.throwIfAborted();
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
    });
    return await Promise.race([work(signal), aborted]);
  } finally {
    clearTimeout(timer);
    if (onAbort) signal.removeEventListener('abort', onAbort);
    linked[Symbol.dispose]();
    linked.abort(new Error('finished'));
  }
}
