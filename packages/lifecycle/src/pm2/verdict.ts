/** What became of one process. */
export interface ProcessVerdict {
  readonly name: string;
  /** PM2's number for it. */
  readonly id: number | string;
  readonly pid: number;
  /**
   * `clean`: it left by itself. `forced`: it was killed, by us or by PM2's `kill_timeout`. `gone`: it was not running.
   */
  readonly outcome: 'clean' | 'forced' | 'gone';
  /** Milliseconds until it was proven gone. */
  readonly duration: number;
  readonly note?: string;
}

export interface DrainVerdict {
  /** `forced` when one process was; else `clean`. */
  readonly outcome: 'clean' | 'forced';
  /** Milliseconds. */
  readonly duration: number;
  readonly processes: readonly ProcessVerdict[];
}

export const judgeDrain = (processes: readonly ProcessVerdict[], duration: number): DrainVerdict => ({
  outcome: processes.some(({ outcome }) => outcome === 'forced') ? 'forced' : 'clean',
  duration,
  processes,
});
