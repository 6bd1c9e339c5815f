import {
  bounded,
  type Clock,
  ignoringErrors,
  linkSignals,
  option,
  readOptions,
  systemClock,
} from '@cutover/internal';
import { LifecycleError, refuse } from '../errors.ts';
import type { Host } from '../host.ts';
import { type Attempt, type Tally, untilGood } from './attempts.ts';
import { explain } from './explain.ts';
import { checkOf, readTargets, type Target } from './target.ts';

/** Milliseconds for all targets together. */
export const WAIT_TIMEOUT = 60_000;
/** Milliseconds for one attempt: a server that accepts and stays silent must not hold the wait. */
export const ATTEMPT_TIMEOUT = 5_000;

export interface WaitOptions {
  /** Milliseconds for all targets together, `Infinity` for no limit; default {@link WAIT_TIMEOUT}. */
  timeout?: number;
  /** Milliseconds for one attempt; default {@link ATTEMPT_TIMEOUT}. */
  attemptTimeout?: number;
  /** Ends the wait with its reason. Without one, SIGTERM and SIGINT end it. */
  signal?: AbortSignal;
  /** Keeps waiting after errors that waiting will not fix (wrong password, no such database); default false. */
  keepWaiting?: boolean;
  /** Called with each attempt. What it throws is ignored. */
  onAttempt?: (attempt: Attempt) => void;
}

export interface WaitPorts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly host: Pick<Host, 'on' | 'off'>;
}

const RULES = {
  timeout: option.limit,
  attemptTimeout: option.limit,
  signal: option.signal,
  keepWaiting: option.boolean,
  onAttempt: option.function,
};
const DEFAULTS = {
  timeout: WAIT_TIMEOUT,
  attemptTimeout: ATTEMPT_TIMEOUT,
  keepWaiting: false,
  onAttempt: () => {},
};

/**
 * Resolves once every target has answered a query. A server that is not there yet, is starting or recovering is
 * retried, first every 20 ms, later every second; a wrong password or a missing database fails at once. A target
 * that is `undefined`, as an environment variable may be, is refused with its position in the list.
 *
 * ```ts
 * await waitForDatabase([process.env.DATABASE_URL, redis], { signal: shutdown.signal });
 * ```
 * @throws {LifecycleError} `not-ready`, `never-ready`, `interrupted`, `invalid-options`; or the reason of `signal`
 */
export const waitForDatabase = (
  targets: Target | undefined | readonly (Target | undefined)[],
  options: WaitOptions = {},
): Promise<void> => waitWith(targets, options, { clock: systemClock, random: Math.random, host: process });

export async function waitWith(
  targets: Target | undefined | readonly (Target | undefined)[],
  given: WaitOptions,
  { clock, random, host }: WaitPorts,
): Promise<void> {
  const options = readOptions(given, RULES, DEFAULTS, refuse('waiting for databases'));
  const checks = readTargets(targets, 'targets', refuse('reading what to wait for')).map(checkOf);
  const tallies = checks.map(
    ({ name }): Tally => ({ target: name, attempts: 0, error: undefined, answered: false }),
  );
  const outer = options.signal ? linkSignals(options.signal) : untilSignal(host);
  const onAttempt = ignoringErrors(options.onAttempt);
  try {
    await bounded({ timeout: options.timeout, signal: outer.signal, clock }, (signal) =>
      Promise.all(
        checks.map((check, index) =>
          untilGood(check, tallies[index] as Tally, { ...options, clock, random, signal, onAttempt }),
        ),
      ),
    );
  } catch (error) {
    if (outer.signal.aborted) throw outer.signal.reason;
    throw explain(error, tallies, options.timeout);
  } finally {
    outer[Symbol.dispose]();
  }
}

/** A process without handlers dies by SIGTERM, unless it is process 1, which would not hear it for a minute. */
function untilSignal(host: WaitPorts['host']): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const listeners = ['SIGTERM', 'SIGINT'].map((name) => {
    const listener = () =>
      controller.abort(new LifecycleError('interrupted', { doing: 'waiting for databases', found: name }));
    host.on(name, listener);
    return () => host.off(name, listener);
  });
  const dispose = () => {
    for (const off of listeners) off();
  };
  return { signal: controller.signal, [Symbol.dispose]: dispose };
}
