import { appliedIn, type Figures, failedOtherwise } from './figures.ts';
import { answersOf, byVersion, mixedRoutes } from './routed.ts';

const count = (value: number): string => value.toLocaleString('en').replaceAll(',', ' ');
const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const time = (at: number): string => new Date(at).toISOString().slice(11, 23);

/** The table at the end of the demo. */
export function table(figures: Figures): string {
  const {
    load,
    visits,
    records,
    switches,
    stops,
    cron,
    worker,
    jobsOrdered,
    pruned,
    pulled,
    migrations,
    failingVersion,
  } = figures;
  const { latency } = load;
  const otherwise = failedOtherwise(load);
  const rows: readonly (readonly [string, string])[] = [
    ['requests', `${count(load.sent)} sent, ${count(otherwise)} failed, in ${load.seconds.toFixed(0)} s`],
    ['', `${count(load.failed - otherwise)} answered 500 by ${failingVersion}, until it was sent back`],
    ['', `${count(load.reused.sent)} on reused connections, ${count(load.fresh.sent)} on fresh ones`],
    [
      'latency',
      `${latency.p50} ms median, ${latency.p99} ms p99, ${latency.max} ms longest; ${count(load.late)} over 1 s`,
    ],
    ...Object.entries(byVersion(answersOf(load))).map(
      ([version, answers], index) => [index === 0 ? 'answers' : '', `${version}: ${count(answers)}`] as const,
    ),
    ['', `${mixedRoutes(answersOf(load))} routed while API and web were in different slots`],
    ['pages', `${count(visits.pages)} loaded, each followed by its call of the API: ${visits.mixed} mixed`],
    ['', `${visits.overtaken} loaded before a switch, with the call after it`],
    ...switches.map(
      ({ text, at, took }, index) =>
        [index === 0 ? 'switches' : '', `${text} at ${time(at)}, in ${took.toFixed(0)} ms`] as const,
    ),
    ['migrations', `${migrations.length} jobs ran, ${appliedIn(figures)} had one to apply`],
    ['images', `${pruned.length} pruned, ${pulled.length} pulled again to roll back`],
    [
      'jobs',
      `${jobsOrdered} ordered, ${records.jobs.started} started, ${records.jobs.finished} finished, ${records.jobs.cut} cut`,
    ],
    ['orders', `${records.ordersTwice} taken twice`],
    ['cron', `${records.ticks.run} ticks, ${records.ticks.twice} run twice`],
    ['', `${inSeconds(cron.overlap)} with two crons, ${inSeconds(cron.gap)} with none`],
    ['worker', `${inSeconds(worker.gap)} with none; its jobs wait in the queue`],
    [
      'stops',
      `${stops.filter(({ verdict }) => verdict !== 'killed').length} clean, ${stops.filter(({ verdict }) => verdict === 'killed').length} killed`,
    ],
  ];
  return rows.map(([name, text]) => `  ${name.padEnd(12)}${text}`).join('\n');
}
