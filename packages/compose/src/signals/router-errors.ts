import { option } from '@cutover/internal';
import { GOOD, type WatchSignal } from '../domain/watch-signal.ts';
import { inconclusive, judged, type LimitOptions, limitOf } from './limit.ts';
import { boundsOf } from './wilson.ts';

/** One failed request alone could be chance. */
const LEAST_ERRORS = 5;
/** Requests of which a slot must have had as many before anything good is said of it. */
const LEAST_REQUESTS = 100;

export interface RouterErrorsOptions extends LimitOptions {
  /** Share of requests that may fail, 0 to 1; or so many times the share of the old slot, such as `'2x'`. */
  readonly max: LimitOptions['max'];
}

/**
 * Judges a release by the share of its requests that fail, as the router counts them. It is bad when that is above `max`
 * with 99 % certainty and at least 5 requests have failed; good when 100 requests were answered and none has failed, or
 * the share is below `max` with the same certainty.
 *
 * @throws DeployError `invalid-options`
 */
export function routerErrors(options: RouterErrorsOptions): WatchSignal {
  const limit = limitOf(options, 'routerErrors', option.share);
  const isRelative = typeof options.max === 'string';
  return {
    name: 'router errors',
    judge: (facts) =>
      judged(facts, ({ now, before }) => {
        const { low, high } = boundsOf(now);
        const most = limit(boundsOf(before).high);
        const found = `${now.errors} of ${now.requests} requests failed`;
        if (now.errors >= LEAST_ERRORS && low > most)
          return { verdict: 'bad', why: `${found}, with at most ${percent(most)} allowed` };
        if (now.requests < LEAST_REQUESTS) return inconclusive(`${found}, too few to say`);
        if (isRelative && before.requests < LEAST_REQUESTS)
          return inconclusive(`the old slot had ${before.requests} requests to compare with, too few to say`);
        return now.errors === 0 || high <= most ? GOOD : inconclusive(`${found}, too few to say`);
      }),
  };
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;
