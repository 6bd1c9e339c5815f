/** Calls a listener of the caller, if there is one; what it throws is ignored. */
export const ignoringErrors =
  <T>(listener: ((value: T) => void) | undefined) =>
  (value: T): void => {
    try {
      listener?.(value);
    } catch {
      // A faulty listener must not break the work that it observes.
    }
  };
