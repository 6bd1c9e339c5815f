import { bounded, type Clock, messageOf, TimeoutError } from '@cutover/internal';
import type { Check, CheckDetails } from '../check.ts';

export type CheckStatus = 'pass' | 'warn' | 'fail';

export interface ProbeLimits {
  /** Milliseconds after which a run is aborted and counts as bad. */
  readonly timeout: number;
  /** Milliseconds a result is reused; up to a tenth more, so that many probes do not run at once. */
  readonly cache: number;
  /** Good results in a row until a bad check is good again. */
  readonly rise: number;
  /** Bad results in a row until a good check is bad. */
  readonly fall: number;
}

/** The known state of a check at one time. */
export interface Reading {
  readonly status: CheckStatus;
  /** Milliseconds since the result came; undefined when there is none yet. */
  readonly age: number | undefined;
  /** Milliseconds the last run took. */
  readonly duration: number | undefined;
  /** A run takes longer than the cache period: the reported result is outdated, and at best `warn`. */
  readonly slow: boolean;
  readonly output: string | undefined;
  readonly facts: CheckDetails['facts'] | undefined;
}

export interface ProbePorts {
  readonly clock: Clock;
  readonly random: () => number;
  /** Called only when the status changes. */
  readonly onChange: (probe: Probe, reading: Reading) => void;
}

interface Result {
  readonly good: boolean;
  readonly details: CheckDetails;
  readonly at: number;
  readonly duration: number;
}

/**
 * A check with the same cost for any number of callers: at most one run at a time, and none within the cache period. A
 * run that ignores its abort counts as bad, and the next one starts only after it has ended.
 */
export class Probe {
  readonly check: Check;
  readonly limits: ProbeLimits;
  readonly runs = { good: 0, bad: 0 };
  readonly #ports: ProbePorts;
  #status: CheckStatus | undefined;
  #last: Result | undefined;
  #streak = 0;
  #expires = Number.NEGATIVE_INFINITY;
  #run: Promise<void> | undefined;
  #runningSince: number | undefined;

  constructor(check: Check, limits: ProbeLimits, ports: ProbePorts) {
    this.check = check;
    this.limits = limits;
    this.#ports = ports;
  }

  /**
   * Starts a run when the last result is too old. The promise resolves, never rejects, with that run; undefined if
   * none.
   */
  refresh(): Promise<void> | undefined {
    const isFree = this.#runningSince === undefined;
    if (isFree && this.#ports.clock.now() >= this.#expires) this.#run = this.#runOnce();
    return this.#run;
  }

  read(): Reading {
    const now = this.#ports.clock.now();
    const age = this.#last && Math.round(now - this.#last.at);
    const since = this.#runningSince;
    const slow = since !== undefined && now - since > this.limits.cache;
    const isDegraded = slow && this.#status === 'pass';
    const details = this.#last?.details;
    const note = details?.note ?? (this.#last ? undefined : 'no result yet');
    return {
      status: isDegraded ? 'warn' : (this.#status ?? 'fail'),
      age,
      duration: this.#last && Math.round(this.#last.duration),
      slow,
      output: isDegraded ? `degraded: no answer yet, last result ${age} ms old` : note,
      facts: details?.facts,
    };
  }

  /** Whether there is a first result. */
  get known(): boolean {
    return this.#last !== undefined;
  }

  async #runOnce(): Promise<void> {
    const { clock } = this.#ports;
    const began = clock.now();
    this.#runningSince = began;
    let result: Pick<Result, 'good' | 'details'>;
    try {
      const details = await bounded({ timeout: this.limits.timeout }, (signal) => this.#start(signal));
      result = { good: true, details: details ?? {} };
    } catch (error) {
      result = { good: false, details: { note: describe(error) } };
    }
    this.#run = undefined;
    this.#take({ ...result, at: clock.now(), duration: clock.now() - began });
  }

  async #start(signal: AbortSignal): Promise<CheckDetails | void> {
    try {
      return await this.check.run({ signal });
    } finally {
      this.#runningSince = undefined;
    }
  }

  #take(result: Result): void {
    const wasGood = this.#status === undefined ? undefined : this.#status !== 'fail';
    this.#streak = result.good === this.#last?.good ? this.#streak + 1 : 1;
    this.#last = result;
    this.#expires = result.at + this.limits.cache * (1 + this.#ports.random() / 10);
    this.runs[result.good ? 'good' : 'bad'] += 1;
    const before = this.#status;
    this.#status = this.#judge(result, wasGood);
    if (before !== this.#status) this.#ports.onChange(this, this.read());
  }

  /** The first result counts at once; later ones only when they have come often enough in a row. */
  #judge({ good, details }: Result, wasGood: boolean | undefined): CheckStatus {
    if (good)
      return wasGood === false && this.#streak < this.limits.rise ? 'fail' : (details.status ?? 'pass');
    return wasGood && this.#streak < this.limits.fall ? 'warn' : 'fail';
  }
}

const OUTPUT_LIMIT = 300;

const describe = (error: unknown): string =>
  error instanceof TimeoutError ? error.message : messageOf(error).slice(0, OUTPUT_LIMIT);
