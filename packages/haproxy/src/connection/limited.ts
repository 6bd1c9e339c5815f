import { TimeoutError, Timer } from '@cutover/internal';
import type { Limits } from './batch.ts';

/**
 * Runs `work` with a signal of its own and settles no later than the call's limits, or than `closing` aborts, whether
 * or not the work honours its signal. It costs one timer and a listener each, and makes no error in advance: a call
 * takes a tenth of a millisecond. Once the work is done its signal no longer aborts, since it may have opened a
 * connection that stays open.
 */
export async function limited<T>(
  { timeout, signal }: Limits,
  closing: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const sources = signal ? [signal, closing] : [closing];
  for (const source of sources) source.throwIfAborted();
  const inner = new AbortController();
  let timer: Timer | undefined;
  let stop = () => {};
  try {
    return await new Promise<T>((resolve, reject) => {
      const end = (reason: unknown) => {
        inner.abort(reason);
        reject(reason);
      };
      stop = () => end(sources.find(({ aborted }) => aborted)?.reason);
      for (const source of sources) source.addEventListener('abort', stop);
      timer = new Timer(timeout, () => end(new TimeoutError(timeout)));
      work(inner.signal).then(resolve, reject);
    });
  } finally {
    timer?.stop();
    for (const source of sources) source.removeEventListener('abort', stop);
  }
}
