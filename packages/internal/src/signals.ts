export interface LinkedSignal extends Disposable {
  readonly signal: AbortSignal;
  /** Aborts the linked signal; the first reason wins. */
  abort(reason: unknown): void;
}

/**
 * One signal that aborts with the first of `sources`, or by hand. Unlike `AbortSignal.any` its listeners are
 * removed when disposed, so they do not accumulate on a long-lived source.
 */
export function linkSignals(...sources: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController();
  const listeners = sources.flatMap((source) => {
    if (!source) return [];
    const listener = () => controller.abort(source.reason);
    if (source.aborted) listener();
    else source.addEventListener('abort', listener, { once: true });
    return [{ source, listener }];
  });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    [Symbol.dispose]: () => {
      for (const { source, listener } of listeners) source.removeEventListener('abort', listener);
    },
  };
}
