/** The longest delay of Node's own timers, in milliseconds: one above it fires after 1 ms. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Calls `run` once after `delay` milliseconds, however long; never for `Infinity`, which does not keep the process
 * alive. The only place that starts a Node timer.
 */
export class Timer {
  readonly #delay: number;
  readonly #run: () => void;
  #keepsAlive = true;
  #timer: NodeJS.Timeout | undefined;

  constructor(delay: number, run: () => void) {
    this.#delay = delay;
    this.#run = run;
    this.#start(delay);
  }

  /** Lets the process end before the time has come. */
  unref(): this {
    this.#keepsAlive = false;
    this.#timer?.unref();
    return this;
  }

  /** Counts the delay from now again, also after it has passed. */
  restart(): void {
    // Cheaper than a new timer for each command of a busy connection.
    if (this.#delay <= LONGEST_TIMER) return void this.#timer?.refresh();
    this.stop();
    this.#start(this.#delay);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #start(left: number): void {
    if (left === Number.POSITIVE_INFINITY) return;
    const next = left > LONGEST_TIMER ? () => this.#start(left - LONGEST_TIMER) : this.#run;
    // Global timers, not node:timers/promises: fake timers can replace only the former.
    this.#timer = setTimeout(next, Math.min(left, LONGEST_TIMER));
    if (!this.#keepsAlive) this.#timer.unref();
  }
}
