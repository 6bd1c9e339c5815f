/** How what is held ends; only the first call counts. */
export interface Settle<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/**
 * Opens something and frees it exactly once: when it settles, or when `signal` aborts, whose reason it then rejects
 * with. `open` returns the function that frees; it may be called before or after the thing has failed by itself.
 */
export function held<T>(signal: AbortSignal, open: (settle: Settle<T>) => () => void): Promise<T> {
  let free = () => {};
  let onAbort = () => {};
  const opened = new Promise<T>((resolve, reject) => {
    onAbort = () => reject(signal.reason);
    signal.throwIfAborted();
    signal.addEventListener('abort', onAbort, { once: true });
    free = open({ resolve, reject });
  });
  return opened.finally(() => {
    signal.removeEventListener('abort', onAbort);
    free();
  });
}
