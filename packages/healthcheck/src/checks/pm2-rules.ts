import type { Pm2Process } from '@cutover/internal';
import type { CheckDetails } from '../check.ts';
import type { HealthcheckErrorCode } from '../errors.ts';

/** More restarts than this within the window is a loop. */
export const PM2_MAX_RESTARTS = 3;
/** Milliseconds. */
export const PM2_RESTART_WINDOW = 60_000;

export interface Pm2Rules {
  processes?: readonly string[] | undefined;
  minOnline?: number | undefined;
  maxRestarts: number;
  restartWindow: number;
  minUptime: number;
}

/** The restart count of each process at one time; a run compares with the oldest of its window. */
export interface RestartSample {
  readonly at: number;
  readonly restarts: Readonly<Record<string, number>>;
}

export interface Pm2Verdict {
  problem?: { code: HealthcheckErrorCode; found: string };
  details: CheckDetails;
  samples: readonly RestartSample[];
}

/** Judges a process list; `now` in milliseconds since the epoch, as PM2 counts. */
export function judgePm2(
  all: readonly Pm2Process[],
  rules: Pm2Rules,
  { now, samples }: { now: number; samples: readonly RestartSample[] },
): Pm2Verdict {
  const { processes: names } = rules;
  // The outgoing half of a reload (`_old_3`) ends on purpose and is ignored.
  const judged = all.filter(({ id, name }) => typeof id === 'number' && (!names || names.includes(name)));
  const recent = samples.filter(({ at }) => at > now - rules.restartWindow);
  const problem =
    findMissing(judged, names) ??
    findErrored(judged) ??
    findLoop(judged, rules, now, recent[0]) ??
    findTooFew(judged, rules, now);
  const restarts = Object.fromEntries(judged.map((process) => [process.id, process.restarts]));
  const online = judged.filter(({ status }) => status === 'online').length;
  const details: CheckDetails = { facts: { online, processes: judged.length } };
  return { ...(problem && { problem }), details, samples: thin([...recent, { at: now, restarts }]) };
}

type Problem = NonNullable<Pm2Verdict['problem']>;

function findMissing(judged: readonly Pm2Process[], names: Pm2Rules['processes']): Problem | undefined {
  const missing = names?.filter((name) => !judged.some((process) => process.name === name)) ?? [];
  if (missing.length > 0) return { code: 'not-ready', found: `no process named ${missing.join(', ')}` };
  return judged.length === 0 ? { code: 'not-ready', found: 'no processes' } : undefined;
}

function findErrored(judged: readonly Pm2Process[]): Problem | undefined {
  const errored = judged.filter(({ status }) => status === 'errored');
  return errored.length > 0 ? { code: 'unhealthy', found: `errored: ${namesOf(errored)}` } : undefined;
}

/**
 * A new process has no samples. It still detects a loop in the first window after registration, when all restarts
 * that PM2 counts have happened within it.
 */
function findLoop(
  judged: readonly Pm2Process[],
  { maxRestarts, restartWindow }: Pm2Rules,
  now: number,
  oldest: RestartSample | undefined,
): Problem | undefined {
  const looping = judged.filter(({ id, restarts, createdAt, startedAt, unstableRestarts }) => {
    const before = oldest?.restarts[id] ?? (now - createdAt < restartWindow ? 0 : restarts);
    const unstable = now - startedAt < restartWindow ? unstableRestarts : 0;
    return Math.max(restarts - before, unstable) > maxRestarts;
  });
  return looping.length > 0
    ? { code: 'unhealthy', found: `restarting again and again: ${namesOf(looping)}` }
    : undefined;
}

function findTooFew(judged: readonly Pm2Process[], rules: Pm2Rules, now: number): Problem | undefined {
  for (const [name, instances] of groupByName(judged)) {
    const up = instances.filter(
      ({ status, startedAt }) => status === 'online' && now - startedAt >= rules.minUptime,
    );
    const wanted = rules.minOnline ?? instances.length;
    if (up.length >= wanted) continue;
    const coming = instances.some(({ status }) => status !== 'stopped' && status !== 'stopping');
    const states = instances.map(({ status }) => status).join(', ');
    return {
      code: coming ? 'not-ready' : 'unhealthy',
      found: `${name}: ${up.length} of ${wanted} online (${states})`,
    };
  }
  return undefined;
}

function groupByName(processes: readonly Pm2Process[]): Map<string, Pm2Process[]> {
  const groups = new Map<string, Pm2Process[]>();
  for (const process of processes) groups.set(process.name, [...(groups.get(process.name) ?? []), process]);
  return groups;
}

const namesOf = (processes: readonly Pm2Process[]): string =>
  processes.map(({ name, id }) => `${name} (${id})`).join(', ');

/** Samples a hundredth of the window apart are enough, and limit the memory however often the check runs. */
const thin = (samples: readonly RestartSample[]): readonly RestartSample[] =>
  samples.length > 200 ? samples.filter((_, index) => index === 0 || index % 2 === 1) : samples;
