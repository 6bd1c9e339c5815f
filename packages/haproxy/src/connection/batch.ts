import { TimeoutError, Timer } from '@cutover/internal';
import type { Answer } from '../commands/command.ts';

/** Limits of one call. */
export interface Limits {
  /** Milliseconds; `Infinity` for none. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Lines that are asked together: one answer each, one promise for all. Its limits cost one timer and one listener, not
 * an AbortController a command: that alone would halve the rate of a pipeline.
 */
export class Batch {
  readonly lines: readonly string[];
  readonly settled: Promise<Answer[]>;
  /** How many lines are written. */
  written = 0;
  /** True when no caller waits for the rest any more. */
  cancelled = false;
  readonly #answers: Answer[] = [];
  readonly #signal: AbortSignal | undefined;
  readonly #timer: Timer;
  #resolve: (answers: Answer[]) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  /** `onTimeout` is called after the promise was rejected with a {@link TimeoutError}. */
  constructor(lines: readonly string[], { timeout, signal }: Limits, onTimeout: () => void) {
    this.lines = lines;
    this.#signal = signal;
    this.settled = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    signal?.addEventListener('abort', this.#abort, { once: true });
    this.#timer = new Timer(timeout, () => {
      this.fail(new TimeoutError(timeout));
      onTimeout();
    });
  }

  /** Whether all its lines are written and answered. */
  get over(): boolean {
    return this.#answers.length === (this.cancelled ? this.written : this.lines.length);
  }

  /** Whether an answer that comes now may be its own. */
  get owed(): boolean {
    return this.#answers.length < this.written;
  }

  /** Lines not yet written, `room` at most; they count as written. */
  take(room: number): readonly string[] {
    const next = this.cancelled ? [] : this.lines.slice(this.written, this.written + room);
    this.written += next.length;
    return next;
  }

  answer(answer: Answer): void {
    this.#answers.push(answer);
    if (this.#answers.length < this.lines.length) return;
    this.#release();
    this.#resolve(this.#answers);
  }

  /** Removes the lines that are not written yet, and ignores the answers to the others. */
  fail(error: unknown): void {
    this.cancelled = true;
    this.#release();
    this.#reject(error);
  }

  readonly #abort = (): void => this.fail(this.#signal?.reason);

  #release(): void {
    this.#timer.stop();
    this.#signal?.removeEventListener('abort', this.#abort);
  }
}
