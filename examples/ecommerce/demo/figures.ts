import type { StopVerdict } from '@cutover/compose';
import type { LoadReport, Presence } from '@cutover/testing';
import type { Records } from './records.ts';

export interface Switch {
  /** It in words: `switch traffic from blue to green`. */
  readonly text: string;
  /** Milliseconds since 1970 at which traffic had moved. */
  readonly at: number;
  /** Milliseconds that the step took. */
  readonly took: number;
}

/** Everything the demo has measured. */
export interface Figures {
  readonly load: LoadReport;
  readonly records: Records;
  readonly switches: readonly Switch[];
  readonly stops: readonly StopVerdict[];
  readonly cron: Presence;
  readonly worker: Presence;
  /** Express orders that were accepted, each of which must become one finished job. */
  readonly jobsOrdered: number;
  /** The version that must not have answered a request. */
  readonly brokenVersion: string;
}

/** The least number of requests for a meaningful "nothing was lost". */
export const ENOUGH_REQUESTS = 20_000;

/** The requirements that the run violated; empty when the run was good. */
export function violations({ load, records, cron, stops, jobsOrdered, brokenVersion }: Figures): string[] {
  const { jobs, ticks, ordersTwice } = records;
  const rules: readonly (readonly [boolean, string])[] = [
    [load.failed > 0, `${load.failed} requests failed: ${JSON.stringify(load.failures)}`],
    [load.sent < ENOUGH_REQUESTS, `only ${load.sent} requests were sent`],
    [brokenVersion in load.versions, `${brokenVersion} took traffic`],
    [ordersTwice > 0, `${ordersTwice} orders were taken twice`],
    [jobs.cut > 0, `${jobs.cut} jobs were cut`],
    [jobs.finished < jobsOrdered, `${jobsOrdered - jobs.finished} jobs never ran`],
    [ticks.run === 0, 'the cron never ran'],
    [ticks.twice > 0, `${ticks.twice} cron ticks ran twice`],
    [cron.overlap > 0, `two crons ran for ${cron.overlap.toFixed(0)} ms`],
    [stops.some(({ verdict }) => verdict === 'killed'), 'a container was killed after its grace'],
  ];
  return rules.filter(([hit]) => hit).map(([, sentence]) => sentence);
}
