import type { LoadSecond } from './load-options.ts';
import type { Outcome } from './outcome.ts';

export interface Latency {
  /** Milliseconds from the intended time of sending; requests declared slow are left out. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** The first and the last answer of a version, wall clock in milliseconds since 1970. */
export interface VersionCount {
  readonly answers: number;
  readonly first: number;
  readonly last: number;
}

export interface LoadReport {
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  /** When the first and the last of the requests were due that failed: wall clock, milliseconds since 1970. */
  readonly failedDue?: { readonly first: number; readonly last: number } | undefined;
  /** Failures by what went wrong, connection and detail: `{ 'reset, reused, POST order, ECONNRESET': 2 }`. */
  readonly failures: Readonly<Record<string, number>>;
  readonly fresh: { readonly sent: number; readonly failed: number };
  readonly reused: { readonly sent: number; readonly failed: number };
  readonly kinds: Readonly<Record<string, { readonly sent: number; readonly failed: number }>>;
  readonly versions: Readonly<Record<string, VersionCount>>;
  /** Correct answers later than `lateAfter`, without those declared slow. */
  readonly late: number;
  readonly latency: Latency;
  /** Greatest delay of the meter itself, milliseconds: above `lateAfter` its other figures mean nothing. */
  readonly lag: number;
  /** Seconds that the load ran. */
  readonly seconds: number;
}

/** Adds outcomes up. One report at the end; `second()` gives what came since it was asked last. */
export class Tally {
  readonly #lateAfter: number;
  readonly #latencies: number[] = [];
  readonly #failures: Record<string, number> = {};
  readonly #kinds: Record<string, { sent: number; failed: number }> = {};
  readonly #connections = { fresh: { sent: 0, failed: 0 }, reused: { sent: 0, failed: 0 } };
  readonly #versions: Record<string, VersionCount> = {};
  #failedDue: LoadReport['failedDue'];
  #since = blank();
  #sent = 0;
  #settled = 0;
  #failed = 0;
  #late = 0;
  #lag = 0;

  constructor(lateAfter: number) {
    this.#lateAfter = lateAfter;
  }

  get inFlight(): number {
    return this.#sent - this.#settled;
  }

  sent(lag: number): void {
    this.#sent += 1;
    this.#since.sent += 1;
    this.#lag = Math.max(this.#lag, lag);
  }

  settled(outcome: Outcome): void {
    this.#settled += 1;
    const failed = outcome.failure ? 1 : 0;
    this.#failed += failed;
    for (const count of [this.#kind(outcome), this.#connections[connection(outcome)]]) {
      count.sent += 1;
      count.failed += failed;
    }
    if (outcome.failure) this.#fail(outcome);
    else this.#answer(outcome);
  }

  second(second: number): LoadSecond {
    const { sent, answered, failed, versions } = this.#since;
    this.#since = blank();
    return { second, sent, answered, failed, versions, at: Date.now() };
  }

  report(seconds: number): LoadReport {
    const sorted = [...this.#latencies].sort((a, b) => a - b);
    const at = (share: number) =>
      round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]);
    return {
      sent: this.#sent,
      answered: this.#settled - this.#failed,
      failed: this.#failed,
      failedDue: this.#failedDue,
      failures: this.#failures,
      ...this.#connections,
      kinds: this.#kinds,
      versions: this.#versions,
      late: this.#late,
      latency: { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: round(sorted.at(-1)) },
      lag: round(this.#lag),
      seconds: round(seconds),
    };
  }

  #kind({ kind }: Outcome): { sent: number; failed: number } {
    this.#kinds[kind] ??= { sent: 0, failed: 0 };
    return this.#kinds[kind];
  }

  #fail(outcome: Outcome): void {
    const due = Date.now() - outcome.latency;
    const { first = due, last = due } = this.#failedDue ?? {};
    this.#failedDue = { first: Math.min(first, due), last: Math.max(last, due) };
    this.#since.failed += 1;
    const what = [outcome.failure, connection(outcome), outcome.kind, outcome.detail]
      .filter(Boolean)
      .join(', ');
    this.#failures[what] = (this.#failures[what] ?? 0) + 1;
  }

  #answer({ slow, latency, version }: Outcome): void {
    this.#since.answered += 1;
    this.#since.versions[version] = (this.#since.versions[version] ?? 0) + 1;
    const now = Date.now();
    const { answers = 0, first = now } = this.#versions[version] ?? {};
    this.#versions[version] = { answers: answers + 1, first, last: now };
    if (slow) return;
    this.#latencies.push(latency);
    if (latency > this.#lateAfter) this.#late += 1;
  }
}

const blank = () => ({ sent: 0, answered: 0, failed: 0, versions: {} as Record<string, number> });
const connection = ({ reused }: Outcome): 'fresh' | 'reused' => (reused ? 'reused' : 'fresh');
const round = (value: number | undefined): number => Math.round((value ?? 0) * 10) / 10;
