import { held } from './held.ts';

/**
 * For work that cannot be called off, such as a query through somebody's client: an abort stops the waiting, and a run
 * that comes while the work is still under way waits for that one instead of adding another. Work that was called off
 * and fails for it says nothing of now: who waited for it begins anew.
 */
export function joined<T>(
  work: (signal: AbortSignal) => PromiseLike<T>,
): (signal: AbortSignal) => Promise<T> {
  let pending: { readonly answer: Promise<T>; readonly signal: AbortSignal } | undefined;
  const begin = (signal: AbortSignal) => {
    const answer = Promise.resolve(work(signal)).finally(() => {
      pending = undefined;
    });
    return { answer, signal };
  };
  const join = async (signal: AbortSignal): Promise<T> => {
    pending ??= begin(signal);
    const current = pending;
    try {
      return await current.answer;
    } catch (error) {
      if (current.signal.aborted && !signal.aborted) return join(signal);
      throw error;
    }
  };
  return (signal) =>
    held<T>(signal, ({ resolve, reject }) => {
      join(signal).then(resolve, reject);
      return () => {};
    });
}
