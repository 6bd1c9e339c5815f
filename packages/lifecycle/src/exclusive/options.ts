import { option, readOptions } from '@cutover/internal';
import { type LifecycleError, refuse } from '../errors.ts';
import { type LockStore, lockStore } from './store.ts';

/** Milliseconds to get the lock. */
export const LOCK_TIMEOUT = 60_000;
/** Milliseconds to reach the store of the lock. */
export const LOCK_OPEN_TIMEOUT = 10_000;
/** Milliseconds without a heartbeat after which a lock holder is replaced. */
export const LOCK_LEASE = 15_000;
/** Milliseconds between tries while another holds the lock. */
export const LOCK_PAUSE = 250;

export interface ExclusiveOptions {
  /** Where the lock lives: a postgres: or redis: URL, a pg Pool, a client of ioredis or node-redis. */
  store: LockStore;
  /** Ends the wait for the lock, and aborts the job. */
  signal?: AbortSignal;
  /**
   * Milliseconds to get the lock, once its store is reached, which has {@link LOCK_OPEN_TIMEOUT}; 0 tries once,
   * `Infinity` waits without limit; default {@link LOCK_TIMEOUT}.
   */
  timeout?: number;
  /** Milliseconds after which a dead or paused holder is replaced, 300 or more; default {@link LOCK_LEASE}. */
  lease?: number;
  /** Called when the lock is `waiting`, `held`, `lost`, `released`. What it throws is ignored. */
  onEvent?: (event: ExclusiveEvent) => void;
}

export type ExclusiveEvent =
  | { readonly type: 'waiting' | 'released'; readonly name: string }
  | { readonly type: 'held'; readonly name: string; readonly token: bigint }
  | { readonly type: 'lost'; readonly name: string; readonly error: LifecycleError };

export interface ExclusiveContext {
  /** Aborts with the caller's signal, or with `lock-lost`. */
  readonly signal: AbortSignal;
  /** Higher than every token before it: pass it to the store that you write to, which should refuse a lower one. */
  readonly token: bigint;
}

const lease = {
  expected: 'milliseconds, 300 or more',
  accepts: (v: unknown) => option.duration.accepts(v) && (v as number) >= 300,
};
const RULES = {
  store: option.required(lockStore),
  signal: option.signal,
  timeout: option.limit,
  lease,
  onEvent: option.function,
};
const DEFAULTS = { timeout: LOCK_TIMEOUT, lease: LOCK_LEASE, onEvent: () => {} };

/** @throws {LifecycleError} `invalid-options` */
export function readExclusiveOptions(name: string, run: unknown, given: ExclusiveOptions) {
  readOptions(
    { name, run },
    { name: option.required(option.text), run: option.required(option.function) },
    {},
    refuse('taking a lock'),
  );
  return readOptions(given, RULES, DEFAULTS, refuse('taking a lock'));
}
