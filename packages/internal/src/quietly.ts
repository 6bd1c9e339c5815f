/** A listener of the caller, if any, whose faults stay the caller's: what it throws breaks nothing of ours. */
export const quietly =
  <T>(listener: ((value: T) => void) | undefined) =>
  (value: T): void => {
    try {
      listener?.(value);
    } catch {
      // By contract.
    }
  };
