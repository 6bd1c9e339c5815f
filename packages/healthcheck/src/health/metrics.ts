import type { HealthState, Watched } from './report.ts';

const STATES: readonly HealthState[] = ['starting', 'serving', 'draining'];

/** The checks in Prometheus' text format, version 0.0.4. */
export function metricsText(state: HealthState, watched: readonly Watched[]): string {
  const families: readonly (readonly [string, string, 'gauge' | 'counter', readonly string[]])[] = [
    ['health_state', 'State of the process; 1 for the present one', 'gauge', stateSamples(state)],
    [
      'check_up',
      '1 when the check is good',
      'gauge',
      each(watched, ({ status }) => (status === 'fail' ? 0 : 1)),
    ],
    ['check_slow', '1 when a run outlives the cache', 'gauge', each(watched, ({ slow }) => (slow ? 1 : 0))],
    ['check_age_seconds', 'Age of the last result', 'gauge', each(watched, ({ age }) => seconds(age))],
    [
      'check_duration_seconds',
      'Duration of the last run',
      'gauge',
      each(watched, ({ duration }) => seconds(duration)),
    ],
    ['check_runs_total', 'Runs by result', 'counter', runSamples(watched)],
  ];
  return families
    .flatMap(([name, help, type, samples]) => [
      `# HELP cutover_${name} ${help}`,
      `# TYPE cutover_${name} ${type}`,
      ...samples.map((sample) => `cutover_${name}${sample}`),
    ])
    .concat('')
    .join('\n');
}

const stateSamples = (state: HealthState): string[] =>
  STATES.map((name) => `{state="${name}"} ${name === state ? 1 : 0}`);

const runSamples = (watched: readonly Watched[]): string[] =>
  watched.flatMap(({ probe }) => [
    `{check="${label(probe.check.name)}",result="good"} ${probe.runs.good}`,
    `{check="${label(probe.check.name)}",result="bad"} ${probe.runs.bad}`,
  ]);

const each = (
  watched: readonly Watched[],
  value: (reading: ReturnType<Watched['probe']['read']>) => number,
): string[] =>
  watched
    .map(({ probe }) => [label(probe.check.name), value(probe.read())] as const)
    .filter(([, number]) => !Number.isNaN(number))
    .map(([name, number]) => `{check="${name}"} ${number}`);

const seconds = (ms: number | undefined): number => (ms === undefined ? Number.NaN : ms / 1000);

const label = (text: string): string =>
  text.replace(/[\\"\n]/g, (found) => (found === '\n' ? '\\n' : `\\${found}`));
