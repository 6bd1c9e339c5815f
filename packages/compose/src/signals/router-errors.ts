import { option } from '@cutover/internal';
import { GOOD, type WatchSignal } from '../domain/watch-signal.ts';
import { inconclusive, type Times, trafficSignal } from './traffic-signal.ts';
import { boundsOf } from './wilson.ts';

/** One failed request alone could be chance. */
const LEAST_ERRORS = 5;
/** Fewer requests say nothing good of a slot. */
const LEAST_REQUESTS = 100;

export interface RouterErrorsOptions {
  /** Share of requests that may fail, 0 to 1; or so many times the share of the old slot, such as `'2x'`. */
  readonly max: number | Times;
}

/**
 * Judges a release by the share of its requests that fail, as the router counts them. It is bad when that is above `max`
 * with 99 % certainty and at least 5 requests have failed; good when 100 requests were answered and none has failed, or
 * the share is below `max` with the same certainty.
 *
 * @throws DeployError `invalid-options`
 */
export const routerErrors = (options: RouterErrorsOptions): WatchSignal =>
  trafficSignal(
    { name: 'router errors', factory: 'routerErrors', number: option.share },
    options,
    ({ now, before }, limit) => {
      const { low, high } = boundsOf(now);
      const most = limit.from(boundsOf(before).high);
      const found = `${now.errors} of ${now.requests} requests failed`;
      if (now.errors >= LEAST_ERRORS && low > most)
        return { verdict: 'bad', why: `${found}, with at most ${percent(most)} allowed` };
      if (now.requests < LEAST_REQUESTS) return inconclusive(`${found}, too few to say`);
      if (limit.isRelative && before.requests < LEAST_REQUESTS)
        return inconclusive(`the old slot had ${before.requests} requests to compare with, too few to say`);
      return now.errors === 0 || high <= most ? GOOD : inconclusive(`${found}, too few to say`);
    },
  );

const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;
