import { fork } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { huntBugs } from './bug-hunt.ts';
import { add, emptyTally, runAll, share, type Tally } from './campaign.ts';
import { boundaries, everyFault, everyPairOfCrashes, everyPause } from './exhaustive.ts';
import type { Plan } from './faults.ts';
import { describeFailure, drawTimeline, traceHash } from './report.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';
import { swarmPlan } from './swarm.ts';

const usage = `pnpm simulate --seeds N [--from S]   random mixes of faults, one for each seed
pnpm simulate --exhaustive           every fault at every call, and every ordered pair of crashes
pnpm simulate --bugs [--seeds N]     every planted bug, and in how many seeds it is caught
pnpm simulate --plan '{…}'           one plan again, with its timeline
                     [--jobs N]      processes; default 2`;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
    exhaustive: { type: 'boolean', default: false },
    bugs: { type: 'boolean', default: false },
    plan: { type: 'string' },
    share: { type: 'string' },
  },
});

const here = fileURLToPath(import.meta.url);
const jobs = Number(values.jobs);
process.on('unhandledRejection', (reason) => {
  console.error('I13: a rejection that nobody handles:', reason);
  process.exit(1);
});

if (values.plan) await replay(JSON.parse(values.plan));
else if (values.share !== undefined)
  process.send?.(await runAll(share(await chosen(), Number(values.share), jobs)));
else if (values.bugs) await huntBugs(Number(values.seeds ?? 300), Number(values.from));
else if (values.seeds || values.exhaustive) await campaign();
else console.log(usage);

async function chosen(): Promise<Iterable<Plan>> {
  if (!values.exhaustive) return seeds(BigInt(values.from), BigInt(values.seeds ?? '0'));
  const calls = await boundaries();
  return (function* () {
    yield* everyFault(calls);
    yield* everyPause(calls);
    yield* everyPairOfCrashes(calls);
  })();
}

function* seeds(from: bigint, count: bigint): Generator<Plan> {
  for (let seed = from; seed < from + count; seed++) yield swarmPlan(seed);
}

async function campaign(): Promise<void> {
  const begun = performance.now();
  const parts = await Promise.all(Array.from({ length: jobs }, (_, index) => startShare(index)));
  const total = parts.reduce(add, emptyTally());
  const seconds = (performance.now() - begun) / 1000;
  for (const [name, times] of Object.entries(total.reached).sort())
    console.log(`${String(times).padStart(9)}  ${name}`);
  console.log(
    `${total.plans} plans, ${total.failures.length} failed, ${seconds.toFixed(0)} s, ` +
      `${Math.round(total.plans / seconds)} a second, ${Math.round(total.simulated / 1000 / seconds)} times real time`,
  );
  for (const { plan } of total.failures.slice(0, 3)) await replay(await shrink(plan));
  process.exitCode = total.failures.length > 0 ? 1 : 0;
}

/** A process for a share of the plans. */
function startShare(index: number): Promise<Tally> {
  return new Promise((resolve, reject) => {
    const child = fork(here, [...process.argv.slice(2), '--share', String(index)]);
    child.once('message', (tally) => {
      resolve(tally as Tally);
      child.kill();
    });
    child.once('exit', (code) => code === 0 || reject(new Error(`a simulating process ended with ${code}`)));
  });
}

/** Shows a plan's run; a failing one is kept as a regression test. */
async function replay(plan: Plan): Promise<void> {
  const result = await simulate(plan);
  console.log(drawTimeline(result));
  console.log(`trace ${traceHash(result)}, ends: ${result.endings.join(', ')}`);
  if (result.violations.length === 0) return;
  console.log(describeFailure(plan, result));
  const file = join(dirname(here), 'plans', `${result.violations[0]?.invariant}-${traceHash(result)}.json`);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(plan, undefined, 2)}\n`);
  console.log(`kept as ${file}`);
  process.exitCode = 1;
}
