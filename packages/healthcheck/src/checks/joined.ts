import { held } from './held.ts';

/**
 * For work that cannot be called off, such as a query through somebody's client: an abort stops the waiting, and a run
 * that comes while the work is still under way waits for that one instead of adding another.
 */
export function joined<T>(
  work: (signal: AbortSignal) => PromiseLike<T>,
): (signal: AbortSignal) => Promise<T> {
  let pending: Promise<T> | undefined;
  return (signal) => {
    pending ??= Promise.resolve(work(signal)).finally(() => {
      pending = undefined;
    });
    const current = pending;
    return held<T>(signal, ({ resolve, reject }) => {
      current.then(resolve, reject);
      return () => {};
    });
  };
}
