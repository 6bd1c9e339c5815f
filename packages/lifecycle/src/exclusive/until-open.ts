/**
 * Resolves as `opening` does. When that fails or `signal` aborts first, what was begun is freed, once: a connection that
 * nobody waits for any more must not hold the process or the store.
 */
export async function untilOpen<T>(
  signal: AbortSignal,
  opening: () => Promise<T>,
  free: () => void,
): Promise<T> {
  let freed = false;
  const freeOnce = () => {
    if (!freed) free();
    freed = true;
  };
  signal.addEventListener('abort', freeOnce, { once: true });
  try {
    const opened = await opening();
    signal.throwIfAborted();
    return opened;
  } catch (error) {
    freeOnce();
    throw error;
  } finally {
    signal.removeEventListener('abort', freeOnce);
  }
}
