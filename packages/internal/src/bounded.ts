import pTimeout, { type Options } from 'p-timeout';
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
  /** The clock of the limit; default the system's. */
  clock?: Clock | undefined;
  /** Makes the error at the limit, when it has been reached; default the {@link TimeoutError} itself. */
  explain?: ((late: TimeoutError) => Error) | undefined;
}

/**
 * Runs `work` with a signal of its own and settles no later than its timeout or the caller's abort, whether or
 * not the work honours the signal. The first reason wins; timer and listeners are gone when it settles.
 */
export async function bounded<T>(
  { timeout, signal: outer, clock = systemClock, explain = (error) => error }: BoundedOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  outer?.throwIfAborted();
  const linked = linkSignals(outer);
  const late = new TimeoutError(timeout);
  try {
    return await pTimeout(work(linked.signal), {
      // p-timeout refuses less.
      milliseconds: Math.max(timeout, 1),
      message: late,
      customTimers: timersOf(clock),
      ...(outer ? { signal: outer } : {}),
    });
  } catch (error) {
    linked.abort(error);
    throw error === late ? explain(late) : error;
  } finally {
    linked[Symbol.dispose]();
    linked.abort(new Error('finished'));
  }
}

/** A clock as the pair of timers that p-timeout takes. */
const timersOf = (clock: Clock) =>
  ({
    setTimeout: (run: () => void, ms: number) => {
      const timer = new AbortController();
      clock.sleep(ms, timer.signal).then(run, () => {});
      return timer;
    },
    clearTimeout: (timer?: AbortController) => timer?.abort(new Error('cleared')),
  }) as unknown as Required<NonNullable<Options<never>['customTimers']>>;
