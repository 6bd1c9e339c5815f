/** The result for one process. */
export interface ProcessVerdict {
  readonly name: string;
  /** PM2's number for it. */
  readonly id: number | string;
  readonly pid: number;
  /**
   * `clean`: it ended, or drained, by itself. `forced`: it was killed, by us or by PM2's `kill_timeout`, or it drained
   * with a verdict that is not clean. `gone`: it was not running. `silent`: it gave no answer to a drain request.
   */
  readonly outcome: 'clean' | 'forced' | 'gone' | 'silent';
  /** Milliseconds until it was confirmed gone, or had answered. */
  readonly duration: number;
  readonly note?: string;
}

export interface DrainVerdict {
  /** `forced` when one process was, or was silent; else `clean`. */
  readonly outcome: 'clean' | 'forced';
  /** Milliseconds. */
  readonly duration: number;
  readonly processes: readonly ProcessVerdict[];
}

export const judgeDrain = (processes: readonly ProcessVerdict[], duration: number): DrainVerdict => ({
  outcome: processes.some(({ outcome }) => outcome === 'forced' || outcome === 'silent') ? 'forced' : 'clean',
  duration,
  processes,
});
