import type { StopVerdict } from '@cutover/compose';
import type { LoadReport, Presence } from '@cutover/testing';
import type { Records } from './records.ts';
import { answersOf, byVersion, mixedRoutes } from './routed.ts';
import type { Visits } from './visitors.ts';

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
  /** Its answers are counted by {@link ROUTED}. */
  readonly load: LoadReport;
  readonly visits: Visits;
  readonly records: Records;
  readonly switches: readonly Switch[];
  readonly stops: readonly StopVerdict[];
  readonly cron: Presence;
  readonly worker: Presence;
  /** Express orders that were accepted, each of which must become one finished job. */
  readonly jobsOrdered: number;
  /** Versions whose images were removed, and images that were pulled again. */
  readonly pruned: readonly string[];
  readonly pulled: readonly string[];
  /** What the job of each deployment said. */
  readonly migrations: readonly string[];
  /** The version that must not have answered a request. */
  readonly brokenVersion: string;
  /** The version whose requests fail with 500, until it is sent back. */
  readonly failingVersion: string;
}

/** The least number of requests for a meaningful "nothing was lost". */
export const ENOUGH_REQUESTS = 20_000;

/** The requirements that the run violated; empty when the run was good. */
export function violations(figures: Figures): string[] {
  const { load, visits, records, cron, stops, jobsOrdered, pruned, brokenVersion, failingVersion } = figures;
  const failed = failedOtherwise(load);
  const visitsFailed = visits.failures.filter((failure) => !failure.endsWith('answered 500'));
  const migrated = appliedIn(figures);
  const { jobs, ticks, ordersTwice } = records;
  const answers = answersOf(load);
  const torn = mixedRoutes(answers);
  const rules: readonly (readonly [boolean, string])[] = [
    [failed > 0, `${failed} requests failed: ${JSON.stringify(load.failures)}`],
    [load.failed === failed, `${failingVersion} failed no request`],
    [load.sent < ENOUGH_REQUESTS, `only ${load.sent} requests were sent`],
    [visitsFailed.length > 0, `${visitsFailed.length} visits failed: ${visitsFailed[0]}`],
    [visits.pages === 0, 'no page was visited'],
    [visits.mixed > 0, `${visits.mixed} times a visitor met a release again that was replaced already`],
    [torn > 0, `${torn} requests came while API and web front end were in different slots`],
    [pruned.length === 0, 'no image was pruned'],
    [migrated !== 1, `the migration was applied ${migrated} times`],
    [brokenVersion in byVersion(answers), `${brokenVersion} took traffic`],
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

/** How many of the jobs applied a migration. */
export const appliedIn = ({ migrations }: Figures): number =>
  migrations.filter((line) => line.startsWith('migrations applied')).length;

/** How many requests failed in another way than those of the failing version do. */
export const failedOtherwise = ({ failures }: LoadReport): number =>
  Object.entries(failures).reduce((sum, [what, count]) => sum + (what.endsWith(', 500') ? 0 : count), 0);
