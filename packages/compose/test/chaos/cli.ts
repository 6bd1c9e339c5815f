import { parseArgs } from 'node:util';
import { ensureEngine } from '../../../../scripts/engine/index.ts';
import type { RestartableEngine } from '../../../../scripts/engine/restartable.ts';
import { engineOfItsOwn } from '../support/own-engine.ts';
import type { Way } from '../support/stack.ts';
import { type Blow, type ChaosReport, chaos, type Target } from './chaos.ts';
import { deployVersions, FAILING, type Judged } from './failing-requests.ts';
import { failingSlots, failures, isLate, moments, type Round } from './failing-slot.ts';

/**
 * `pnpm chaos [--rounds 200] [--way map|server]`: the deploying process is killed at every event of a deployment, then
 * at random moments. `--haproxy`: HAProxy is reloaded, restarted and killed at every event instead. `--slot`: the new
 * slot is killed, stopped, frozen and more at each step after the switch, by map and by server state, and deployments
 * are interrupted there and rolled back. `--engine`: the daemon of an engine of its own is restarted and killed at every
 * event, and is away for up to 9 s each time. `--errors`: 20 releases that fail 5 % of their requests and 10 good ones are
 * deployed under 200 requests a second, half of them by map and half by server state. A signal ends it after the round under way, with nothing left behind.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    way: { type: 'string' },
    slot: { type: 'boolean', default: false },
    haproxy: { type: 'boolean', default: false },
    engine: { type: 'boolean', default: false },
    errors: { type: 'boolean', default: false },
  },
});
// As many as a deployment tells, and a few to be sure; a batch must fit into one run of the load.
const EVENTS = 36;
const BATCH = 40;
const LONGEST = 9_000;
/** Milliseconds that a release may have the traffic which fails 5 % of 200 requests a second. */
const LONGEST_JUDGEMENT = 5_000;
const engineTargets: readonly Target[] = ['engine-restart', 'engine-kill'];
const proxyTargets: readonly Target[] = ['haproxy-reload', 'haproxy-restart', 'haproxy-kill'];

Object.assign(process.env, (await ensureEngine({ log: console.error })).env);
const atEveryEvent = (target: Target): Blow[] =>
  Array.from({ length: EVENTS }, (_, event) => ({ event: event + 1, target }));
const atRandom = (count: number): Blow[] =>
  Array.from({ length: count }, () => ({ after: 800 + Math.random() * LONGEST }));
const began = Date.now();
const reports: ChaosReport[] = [];
const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopped.abort());
try {
  const works = values.slot ? strikeSlots() : values.errors ? deployFailing() : strikeDeployers();
  process.exitCode = (await works) ? 0 : 1;
} catch (error) {
  if (!stopped.signal.aborted) throw error;
  process.exitCode = 130;
}

/** The new slot fails in every way at every step after the switch; whether all came out well. */
async function strikeSlots(): Promise<boolean> {
  const blows = moments.flatMap((moment) =>
    [...failures, 'interrupted' as const].map((failure) => ({ failure, moment })),
  );
  const ways = values.way ? [values.way as Way] : (['map', 'server'] as const);
  let late = 0;
  const all: Round[] = [];
  for (const way of ways) {
    const { rounds, load } = await failingSlots(way, blows, {
      signal: stopped.signal,
      onRound: (number, round, { failed }) => {
        const { blow, back, damage } = round;
        if (isLate(round)) late++;
        console.log(
          `${way} ${number + 1} of ${blows.length}: ${blow.failure} at ${blow.moment}: back after ${back} ms, ${failed} requests of the failing slot lost${isLate(round) ? ', TOO LATE' : ''}${damage.map((one) => `\n  ${one}`).join('')}`,
        );
      },
    });
    all.push(...rounds);
    console.log(JSON.stringify({ way, rounds: rounds.length, ...load }));
  }
  const damaged = all.filter(({ damage }) => damage.length > 0).length;
  console.log(`${all.length} rounds, ${damaged} damaged, ${late} too late, ${minutes()} minutes`);
  return damaged === 0 && late === 0;
}

/** Whether each release that fails requests was sent back in time, and no other. */
async function deployFailing(): Promise<boolean> {
  const versions = ['2', '1'].flatMap((good) => [good, FAILING, FAILING]);
  const isRight = ({ version, outcome, back = Number.POSITIVE_INFINITY }: Judged) =>
    version === FAILING ? outcome === 'watch-failed' && back <= LONGEST_JUDGEMENT : outcome === 'deployed';
  const judged: Judged[] = [];
  for (const way of ['map', 'server'] as const) {
    const wanted = Array.from({ length: 3 }, () => versions)
      .flat()
      .slice(0, 15);
    const { load } = await deployVersions(way, wanted, (one) => {
      judged.push(one);
      console.log(
        `${way} ${one.version}: ${one.outcome}${one.back === undefined ? '' : ` after ${one.back} ms`} ${one.why}`,
      );
    });
    console.log(JSON.stringify({ way, sent: load.sent, failed: load.failed, failures: load.failures }));
  }
  const right = judged.filter(isRight);
  console.log(`${right.length} of ${judged.length} judged rightly, ${minutes()} minutes`);
  return right.length === judged.length;
}

async function strikeDeployers(): Promise<boolean> {
  const missed = await strikeAll();
  if (missed > 0) console.error(`${missed} of the random moments never found a deployment under way`);
  return !reports.some(isBad) && missed === 0;
}

/** How many of the random moments came too late each time. */
async function strikeAll(): Promise<number> {
  if (values.engine) return strikeEngine();
  if (values.haproxy) {
    await strike(proxyTargets.flatMap(atEveryEvent));
    return 0;
  }
  await strike(atEveryEvent('deployer'));
  // A moment at which the deployment was through is made up for by another, a few times over.
  let left = Number(values.rounds);
  for (let again = 0; left > 0 && again < 5; again++) left -= await strike(atRandom(left));
  return left;
}

/** On an engine of its own, which is restarted before a deployment and at every event of one. */
async function strikeEngine(): Promise<number> {
  await using engine = await engineOfItsOwn(stopped.signal);
  const away = () => Math.random() * LONGEST;
  await strike(
    engineTargets.flatMap((target) =>
      [{ event: 0, target }, ...atEveryEvent(target)].map((blow) => ({ ...blow, away: away() })),
    ),
    engine,
  );
  return 0;
}

/** How many of the blows fell. */
async function strike(blows: readonly Blow[], engine?: RestartableEngine): Promise<number> {
  let fell = 0;
  for (let from = 0; from < blows.length; from += BATCH) {
    const batch = blows.slice(from, from + BATCH);
    const told = (round: number, end = 'was through', damage = 'all new') =>
      console.log(`round ${from + round + 1} of ${blows.length}: struck: ${end}; then ${damage}`);
    const report = await chaos((values.way ?? 'map') as Way, batch, told, stopped.signal, engine);
    fell += report.struck;
    reports.push(report);
    console.log(summary());
  }
  return fell;
}

function summary(): string {
  const sum = (of: (report: ChaosReport) => number) =>
    reports.reduce((total, report) => total + of(report), 0);
  return JSON.stringify({
    rounds: sum(({ rounds }) => rounds),
    struck: sum(({ struck }) => struck),
    requests: sum(({ load }) => load.sent),
    failed: sum(({ load }) => load.failed),
    cronOverlap: sum(({ cronOverlap }) => cronOverlap),
    killedInGrace: sum(({ killedInGrace }) => killedInGrace),
    ends: reports.map(({ ends }) => ends),
    damage: reports.flatMap(({ damage }) => damage),
    failures: reports.map(({ load }) => load.failures),
    minutes: minutes(),
  });
}

/** A declaration, which what runs above finds as well. */
function minutes(): number {
  return Math.round((Date.now() - began) / 6_000) / 10;
}

/** A HAProxy that is down loses requests, whoever deploys; what counts then is where the traffic ends. */
function isBad({ damage, load, cronOverlap, killedInGrace }: ChaosReport): boolean {
  const lost = values.haproxy ? 0 : load.failed;
  return damage.length > 0 || lost > 0 || cronOverlap > 0 || killedInGrace > 0;
}
