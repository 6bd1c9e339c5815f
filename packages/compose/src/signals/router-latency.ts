import { option } from '@cutover/internal';
import { GOOD, type WatchSignal } from '../domain/watch-signal.ts';
import { inconclusive, type Times, trafficSignal } from './traffic-signal.ts';

/** Requests until nothing of an earlier release in that slot is left in the mean of HAProxy, which is one of 1,024. */
const LEAST_REQUESTS = 4_096;

export interface RouterLatencyOptions {
  /** Milliseconds to the answer, in the mean; or so many times those of the old slot, such as `'2x'`. */
  readonly max: number | Times;
}

/**
 * Judges a release by its mean time to the answer, as the router measures it; a router does not keep percentiles. It says
 * nothing before the slot has answered 4,096 requests.
 *
 * @throws DeployError `invalid-options`
 */
export const routerLatency = (options: RouterLatencyOptions): WatchSignal =>
  trafficSignal(
    { name: 'router latency', factory: 'routerLatency', number: option.duration },
    options,
    ({ now, before }, limit) => {
      if (now.latency === undefined) return inconclusive('the router does not say how long answers take');
      if (now.requests < LEAST_REQUESTS)
        return inconclusive(`${now.requests} of the ${LEAST_REQUESTS} requests that a mean needs`);
      if (limit.isRelative && !before.latency)
        return inconclusive('it is unknown how long the answers of the old slot took');
      const most = limit.from(before.latency ?? 0);
      if (now.latency <= most) return GOOD;
      return { verdict: 'bad', why: `${inMs(now.latency)} in the mean, with at most ${inMs(most)} allowed` };
    },
  );

const inMs = (time: number): string => `${Math.round(time)} ms`;
