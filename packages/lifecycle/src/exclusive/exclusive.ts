import {
  bounded,
  type Clock,
  ignoringErrors,
  linkSignals,
  messageOf,
  systemClock,
  TimeoutError,
} from '@cutover/internal';
import { LifecycleError } from '../errors.ts';
import type { Contender } from './contender.ts';
import {
  type ExclusiveContext,
  type ExclusiveOptions,
  LOCK_OPEN_TIMEOUT,
  LOCK_PAUSE,
  readExclusiveOptions,
} from './options.ts';
import { contenderFor } from './store.ts';
import { storeFailed } from './store-failed.ts';

/**
 * Runs `run` while holding the lock `name`, which at most one process has. Loss of the lock aborts the job's signal;
 * the promise settles only after the job has, so that it never runs twice in one process.
 *
 * ```ts
 * await exclusive('cron', { store: url, signal: shutdown.signal, timeout: Infinity }, ({ signal }) => runCron(signal));
 * ```
 * @throws {LifecycleError} `lock-held`, `lock-lost`, `lock-unsafe`, `store-failed`, `driver-missing`, `invalid-options`; or
 *   what `run` throws, or the reason of `signal`
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
  const options = { ...readExclusiveOptions(name, run, given), clock, name, doing };
  options.signal?.throwIfAborted();
  const contender = await opened(options);
  const tell = ignoringErrors(options.onEvent);
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

async function opened({ store, ...options }: Settings): Promise<Contender> {
  const { signal, clock, doing } = options;
  try {
    return await bounded({ timeout: LOCK_OPEN_TIMEOUT, signal, clock }, (ended) =>
      contenderFor(store, { ...options, signal: ended }),
    );
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof LifecycleError ? error : storeFailed(doing, store, error);
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
  { lease: limit, store, signal, clock, doing }: Settings,
): Promise<bigint | undefined> {
  try {
    return await bounded({ timeout: limit, signal, clock }, (ended) => contender.tryAcquire(ended));
  } catch (error) {
    signal?.throwIfAborted();
    throw storeFailed(doing, store, error);
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
    if (over.signal.aborted) return;
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
