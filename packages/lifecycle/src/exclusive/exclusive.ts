import {
  bounded,
  type Clock,
  linkSignals,
  messageOf,
  option,
  readOptions,
  systemClock,
  TimeoutError,
} from '@cutover/internal';
import { LifecycleError, refuse } from '../errors.ts';
import { type Contender, contenderFor, type LockStore } from './store.ts';

/** Milliseconds to get the lock. */
export const LOCK_TIMEOUT = 60_000;
/** Milliseconds after which a holder that shows no life is replaced. */
export const LOCK_LEASE = 15_000;
/** Milliseconds between tries while another holds the lock. */
export const LOCK_PAUSE = 250;

export interface ExclusiveOptions {
  /** Where the lock lives: a postgres: or redis: URL, a pg Pool, a client of ioredis or node-redis. */
  store: LockStore;
  /** Ends the wait for the lock, and aborts the job. */
  signal?: AbortSignal;
  /** Milliseconds to get the lock; 0 tries once, `Infinity` waits for ever; default {@link LOCK_TIMEOUT}. */
  timeout?: number;
  /** Milliseconds after which a dead or paused holder is replaced, 300 or more; default {@link LOCK_LEASE}. */
  lease?: number;
  /** Told when the lock is `waiting`, `held`, `lost`, `released`. What it throws is ignored. */
  onEvent?: (event: ExclusiveEvent) => void;
}

export type ExclusiveEvent =
  | { readonly type: 'waiting' | 'released'; readonly name: string }
  | { readonly type: 'held'; readonly name: string; readonly token: bigint }
  | { readonly type: 'lost'; readonly name: string; readonly error: LifecycleError };

export interface ExclusiveContext {
  /** Aborts with the caller's signal, or with `lock-lost`. */
  readonly signal: AbortSignal;
  /** Above every token before it: hand it to what you write to, and let that refuse a lower one. */
  readonly token: bigint;
}

const lease = {
  expected: 'milliseconds, 300 or more',
  accepts: (v: unknown) => option.duration.accepts(v) && (v as number) >= 300,
};
const RULES = {
  store: option.either(option.text, option.object, {
    expected: 'a client',
    accepts: (v) => typeof v === 'function',
  }),
  signal: option.signal,
  timeout: option.limit,
  lease,
  onEvent: option.function,
};
const DEFAULTS = { timeout: LOCK_TIMEOUT, lease: LOCK_LEASE, onEvent: () => {} };

/**
 * Runs `run` while holding the lock `name`, which at most one process has. Loss of the lock aborts the job's signal;
 * the promise settles only after the job has, so that it never runs twice in one process.
 *
 * ```ts
 * await exclusive('cron', { store: url, signal: shutdown.signal, timeout: Infinity }, ({ signal }) => runCron(signal));
 * ```
 * @throws {LifecycleError} `lock-held`, `lock-lost`, `store-failed`, `driver-missing`, `bad-option`; or what `run` throws
 */
export const exclusive = <T>(
  name: string,
  options: ExclusiveOptions,
  run: (context: ExclusiveContext) => Promise<T> | T,
): Promise<T> => holdExclusively(name, options, run, systemClock);

export async function holdExclusively<T>(
  name: string,
  given: ExclusiveOptions,
  run: (context: ExclusiveContext) => Promise<T> | T,
  clock: Clock,
): Promise<T> {
  const doing = `holding the lock ${name}`;
  readOptions({ name, run }, { name: option.text, run: option.function }, {}, refuse('taking a lock'));
  const options = { ...readOptions(given, RULES, DEFAULTS, refuse('taking a lock')), clock, name, doing };
  options.signal?.throwIfAborted();
  const contender = await opened(options);
  const tell = quietly(options.onEvent);
  try {
    const token = await acquire(contender, options, () => tell({ type: 'waiting', name }));
    tell({ type: 'held', name, token });
    return await runHeld(
      contender,
      options,
      (signal) => run({ signal, token }),
      (error) => tell({ type: 'lost', name, error }),
    );
  } finally {
    await contender.leave();
    tell({ type: 'released', name });
  }
}

type Settings = Required<Pick<ExclusiveOptions, 'store' | 'timeout' | 'lease'>> &
  Pick<ExclusiveOptions, 'signal'> & { clock: Clock; name: string; doing: string };

async function opened({ store, doing, ...options }: Settings): Promise<Contender> {
  try {
    return await contenderFor(store, options);
  } catch (error) {
    throw error instanceof LifecycleError ? error : storeFailed(doing, error);
  }
}

async function acquire(contender: Contender, settings: Settings, onWait: () => void): Promise<bigint> {
  const { timeout, signal, clock, doing } = settings;
  const began = clock.now();
  for (let tries = 0; ; tries++) {
    const token = await attempt(contender, settings);
    if (token !== undefined) return token;
    if (tries === 0) onWait();
    const left = timeout - (clock.now() - began);
    if (left <= 0) {
      throw new LifecycleError('lock-held', {
        doing,
        found: `another holder, for ${timeout} ms`,
        fix: 'wait longer with timeout, or let that one end',
      });
    }
    await clock.sleep(Math.min(LOCK_PAUSE, left), signal);
  }
}

async function attempt(
  contender: Contender,
  { lease: limit, signal, clock, doing }: Settings,
): Promise<bigint | undefined> {
  try {
    return await bounded({ timeout: limit, signal, clock }, (ended) => contender.tryAcquire(ended));
  } catch (error) {
    throw signal?.aborted ? signal.reason : storeFailed(doing, error);
  }
}

async function runHeld<T>(
  contender: Contender,
  { signal, doing }: Settings,
  run: (signal: AbortSignal) => Promise<T> | T,
  onLost: (error: LifecycleError) => void,
): Promise<T> {
  const job = linkSignals(signal);
  const over = new AbortController();
  let lost: LifecycleError | undefined;
  const holding = contender.hold(over.signal).catch((cause) => {
    const found = `it was lost: ${cause instanceof TimeoutError ? 'the store is silent' : messageOf(cause)}`;
    lost = new LifecycleError('lock-lost', { doing, found }, { cause });
    job.abort(lost);
    onLost(lost);
  });
  try {
    const result = await run(job.signal);
    if (lost) throw lost;
    return result;
  } catch (error) {
    throw lost ?? error;
  } finally {
    over.abort();
    job[Symbol.dispose]();
    await holding;
  }
}

const storeFailed = (doing: string, cause: unknown): LifecycleError =>
  new LifecycleError(
    'store-failed',
    { doing, found: messageOf(cause), fix: 'see that the store of the lock can be reached' },
    { cause },
  );

const quietly =
  (listener: (event: ExclusiveEvent) => void) =>
  (event: ExclusiveEvent): void => {
    try {
      listener(event);
    } catch {
      // The listener's own fault; the lock is held nevertheless.
    }
  };
