/** Settles the promise of {@link withResource}; only the first call counts. */
export interface Settle<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/**
 * Opens a resource and frees it exactly once: when it settles, or when `signal` aborts; then rejects with the signal's
 * reason. `open` returns the function that frees; it may be called before or after the resource has failed by itself.
 */
export function withResource<T>(signal: AbortSignal, open: (settle: Settle<T>) => () => void): Promise<T> {
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
