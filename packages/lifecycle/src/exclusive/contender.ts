import type { Clock } from '@cutover/internal';

/** One process's try for a lock, and its hold on it. */
export interface Contender {
  /** The fencing token when the lock is won now, undefined while another holds it. Each token is above all before it. */
  tryAcquire(signal: AbortSignal): Promise<bigint | undefined>;
  /** Keeps the lock until `signal` aborts, then resolves; rejects as soon as the lock is, or must be taken for, lost. */
  hold(signal: AbortSignal): Promise<void>;
  /** Gives the lock back, if held, and frees what was opened. Never rejects. */
  leave(): Promise<void>;
}

export interface ContenderOptions {
  readonly name: string;
  /** Milliseconds after which a holder that shows no life is replaced. */
  readonly lease: number;
  readonly clock: Clock;
  /** What an error says was being done. */
  readonly doing: string;
  /** Ends the opening of the store, and frees what was opened until then. */
  readonly signal: AbortSignal;
}
