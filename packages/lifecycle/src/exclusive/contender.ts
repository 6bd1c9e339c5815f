import type { Clock } from '@cutover/internal';

/** One process's attempts to take a lock, and the lock while it holds it. */
export interface Contender {
  /**
   * The fencing token if the lock was taken, undefined while another holder has it. Each token is higher than all
   * before.
   */
  tryAcquire(signal: AbortSignal): Promise<bigint | undefined>;
  /**
   * Keeps the lock until `signal` aborts, then resolves; rejects as soon as the lock is lost or must be assumed
   * lost.
   */
  hold(signal: AbortSignal): Promise<void>;
  /** Releases the lock, if held, and frees what was opened. Never rejects. */
  leave(): Promise<void>;
}

export interface ContenderOptions {
  readonly name: string;
  /** Milliseconds without a heartbeat after which a lock holder is replaced. */
  readonly lease: number;
  readonly clock: Clock;
  /** The operation that an error names. */
  readonly doing: string;
  /** Cancels the opening of the store, and frees what was opened. */
  readonly signal: AbortSignal;
}
