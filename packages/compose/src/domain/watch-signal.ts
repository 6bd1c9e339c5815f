import type { Check } from '@cutover/healthcheck';
import type { Compared } from './traffic.ts';

/** What one look says. `inconclusive` neither condemns a release nor clears it. */
export type Verdict =
  | { readonly verdict: 'good' }
  | { readonly verdict: 'bad' | 'inconclusive'; readonly why: string };

export interface LookFacts {
  /** Aborts when the look has taken too long. */
  readonly signal: AbortSignal;
  /** What the router has counted; undefined where it counts nothing, or does not say. */
  readonly traffic: () => Promise<Compared | undefined>;
}

/** Something by which the new slot is judged while it has the traffic and the old one is warm. */
export interface WatchSignal {
  /** For messages: `router errors`. */
  readonly name: string;
  /** Milliseconds that a look may take, after which it is bad. Default 5 000. */
  readonly timeout?: number;
  /** One look. One that rejects is bad. */
  judge(facts: LookFacts): Promise<Verdict> | Verdict;
}

export const GOOD: Verdict = { verdict: 'good' };

/** A check is a signal that is good or bad. */
export const asSignal = (given: WatchSignal | Check): WatchSignal =>
  'judge' in given
    ? given
    : { name: given.name, judge: ({ signal }) => given.run({ signal }).then(() => GOOD) };
