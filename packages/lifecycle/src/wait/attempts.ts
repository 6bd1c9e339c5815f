import type { Check } from '@cutover/healthcheck';
import { bounded, type Clock, isPermanent, redactThrown } from '@cutover/internal';
import { pauseAfter } from './backoff.ts';

/** One attempt at one target. */
export interface Attempt {
  /** The name of the check: `postgres`, `redis`. */
  readonly target: string;
  /** Counts from 1, per target. */
  readonly attempt: number;
  /** Milliseconds since the wait began. */
  readonly elapsed: number;
  /** Why it failed; absent when the target answered. */
  readonly error?: unknown;
}

/** The result of one target's attempts so far. */
export interface Tally {
  readonly target: string;
  attempts: number;
  error: unknown;
  answered: boolean;
}

export interface Patience {
  readonly clock: Clock;
  readonly random: () => number;
  /** Milliseconds for one attempt. */
  readonly attemptTimeout: number;
  readonly keepWaiting: boolean;
  readonly signal: AbortSignal;
  onAttempt(attempt: Attempt): void;
}

/** Retries until the check is good. Rejects with the signal's reason, or with a permanent error. */
export async function untilGood(check: Check, tally: Tally, patience: Patience): Promise<void> {
  const { clock, random, signal, keepWaiting } = patience;
  const began = clock.now();
  // Loaded when first needed: most processes wait for nothing.
  const { default: pRetry } = await import('p-retry');
  await pRetry(() => attempt(check, tally, patience, began), {
    retries: Number.POSITIVE_INFINITY,
    signal,
    // The pause is computed here: it grows with the wait, and uses the caller's clock.
    minTimeout: 0,
    onFailedAttempt: async () => {
      if (isPermanent(tally.error) && !keepWaiting) throw tally.error;
      await clock.sleep(pauseAfter(clock.now() - began, random()), signal);
    },
  });
}

async function attempt(check: Check, tally: Tally, patience: Patience, began: number): Promise<void> {
  const { clock, signal, attemptTimeout, onAttempt } = patience;
  tally.attempts++;
  const facts = () => ({ target: tally.target, attempt: tally.attempts, elapsed: clock.now() - began });
  try {
    await bounded({ timeout: attemptTimeout, signal, clock }, (limited) => check.run({ signal: limited }));
    tally.answered = true;
    onAttempt(facts());
  } catch (thrown) {
    // The end of the whole wait says nothing about the target.
    signal.throwIfAborted();
    tally.error = redactThrown(thrown);
    onAttempt({ ...facts(), error: tally.error });
    // A plain error, since p-retry treats a TypeError as a bug in this code; the tally has the real error.
    throw new Error('not good yet');
  }
}
