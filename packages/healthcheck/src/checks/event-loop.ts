import type { IntervalHistogram } from 'node:perf_hooks';
import { option, readOptions } from '@cutover/internal';
import { HealthcheckError, refuseOption } from '../errors.ts';
import { defineLocalCheck, type LocalCheck } from './define-check.ts';

/** Milliseconds of delay from which it is reported, and from which the check is bad. */
export const EVENT_LOOP_WARN = 100;
export const EVENT_LOOP_FAIL = 1_000;

const RESOLUTION = 10;

export interface EventLoopCheckOptions {
  /** Default `event-loop`. */
  name?: string;
  /** Milliseconds; default {@link EVENT_LOOP_WARN}. */
  warnAt?: number;
  /** Milliseconds; default {@link EVENT_LOOP_FAIL}. */
  failAt?: number;
}

/**
 * How late the event loop was since the last run, as the 99th percentile of Node's own measurement. Measuring begins
 * with the first run, which has no data yet.
 * @throws {HealthcheckError} `invalid-options` at the call; `run` rejects with `unhealthy`.
 */
export function eventLoopCheck(options: EventLoopCheckOptions = {}): LocalCheck {
  const { name, warnAt, failAt } = readOptions(
    options,
    { name: option.text, warnAt: option.duration, failAt: option.duration },
    { name: 'event-loop', warnAt: EVENT_LOOP_WARN, failAt: EVENT_LOOP_FAIL },
    refuseOption('eventLoopCheck'),
  );
  let histogram: IntervalHistogram | undefined;
  const doing = 'measuring the event loop';
  return defineLocalCheck({
    name,
    doing,
    run: async () => {
      histogram ??= await start();
      const delay = readDelay(histogram);
      const note = `${delay} ms late`;
      if (delay >= failAt)
        throw new HealthcheckError('unhealthy', { doing, found: note }, { facts: { delay } });
      return { status: delay >= warnAt ? 'warn' : 'pass', note, facts: { delay } };
    },
  });
}

async function start(): Promise<IntervalHistogram> {
  const { monitorEventLoopDelay } = await import('node:perf_hooks');
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION });
  histogram.enable();
  return histogram;
}

// Nanoseconds between two firings of a timer; the timer's own period is not a delay.
function readDelay(histogram: IntervalHistogram): number {
  const delay = histogram.count === 0 ? 0 : histogram.percentile(99) / 1e6 - RESOLUTION;
  histogram.reset();
  return Math.max(0, Math.round(delay));
}
