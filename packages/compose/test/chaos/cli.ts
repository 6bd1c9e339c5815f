import { parseArgs } from 'node:util';
import { ensureEngine } from '../../../../scripts/engine/index.ts';
import type { Way } from '../support/stack.ts';
import { type ChaosReport, chaos, type Kill } from './chaos.ts';

/** `pnpm chaos [--rounds 200] [--way map|server]`: kills at every event of a deployment, then at random moments. */
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '200' }, way: { type: 'string', default: 'map' } },
});
// As many as a deployment tells, and a few to be sure; a batch must fit into one run of the load.
const EVENTS = 36;
const BATCH = 40;
const LONGEST = 9_000;

Object.assign(process.env, (await ensureEngine({ log: console.error })).env);
const kills: Kill[] = [
  ...Array.from({ length: EVENTS }, (_, event) => ({ event: event + 1 })),
  ...Array.from({ length: Number(values.rounds) }, () => ({ after: 800 + Math.random() * LONGEST })),
];
const began = Date.now();
const reports: ChaosReport[] = [];
for (let from = 0; from < kills.length; from += BATCH) {
  const batch = kills.slice(from, from + BATCH);
  reports.push(
    await chaos(values.way as Way, batch, (round, killed) =>
      console.log(`round ${from + round + 1} of ${kills.length}: ${killed ? 'killed' : 'was through'}`),
    ),
  );
  console.log(summary());
}
process.exitCode = reports.some(isBad) ? 1 : 0;

function summary(): string {
  const sum = (of: (report: ChaosReport) => number) =>
    reports.reduce((total, report) => total + of(report), 0);
  return JSON.stringify({
    rounds: sum(({ rounds }) => rounds),
    killed: sum(({ killed }) => killed),
    requests: sum(({ load }) => load.sent),
    failed: sum(({ load }) => load.failed),
    cronOverlap: sum(({ cronOverlap }) => cronOverlap),
    damage: reports.flatMap(({ damage }) => damage),
    failures: reports.map(({ load }) => load.failures),
    minutes: Math.round((Date.now() - began) / 6_000) / 10,
  });
}

function isBad({ damage, load, cronOverlap }: ChaosReport): boolean {
  return damage.length > 0 || load.failed > 0 || cronOverlap > 0;
}
