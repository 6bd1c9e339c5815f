/**
 * Resolves as `opening` does. If that fails or `signal` aborts first, what was opened is freed, once: an abandoned
 * connection must not keep the process or the store busy.
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
