import { withResource } from './with-resource.ts';

/**
 * For work that cannot be cancelled, such as a query through the application's client: an abort only stops the waiting.
 * A run that starts while the work is under way joins it instead of starting a second one. If the work fails because
 * the signal of its first caller aborted, that says nothing about now: the other callers start it again.
 */
export function singleFlight<T>(
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
    withResource<T>(signal, ({ resolve, reject }) => {
      join(signal).then(resolve, reject);
      return () => {};
    });
}
