import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Catch, describeCatches, MOST_SEEDS } from './bug-hunt.ts';
import { add, type Campaign, emptyTally, type Tally } from './campaign.ts';
import { inWorkers } from './crew.ts';
import { byName, type Plan } from './faults.ts';
import { describeFailure, drawTimeline, traceHash } from './report.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';
import { ENOUGH_SEEDS, unreached } from './situations.ts';

const usage = `pnpm simulate --seeds N [--from S]   random mixes of faults, one for each seed
pnpm simulate --exhaustive           every fault at every call, and every ordered pair of crashes
pnpm simulate --bugs                 every planted bug, until a seed catches it
pnpm simulate --bugs --seeds N       the same, and in how many of N seeds it is caught
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
  },
});

process.on('unhandledRejection', (reason) => {
  console.error('I13: a rejection that nobody handles:', reason);
  process.exit(1);
});

const from = Number(values.from);
const jobs = Number(values.jobs);
if (values.plan) await replay(JSON.parse(values.plan));
else if (values.bugs) await huntBugs();
else if (values.exhaustive) await run({ mode: 'exhaustive' });
else if (values.seeds) await run({ mode: 'swarm', from, seeds: Number(values.seeds) });
else console.log(usage);

async function run(campaign: Campaign): Promise<void> {
  const begun = performance.now();
  const elapsed = () => (performance.now() - begun) / 1000;
  const parts = await inWorkers<Tally>(campaign, jobs, (plans) =>
    console.log(`${plans} plans after ${elapsed().toFixed(0)} s`),
  );
  const total = parts.reduce(add, emptyTally());
  report(campaign, total, elapsed());
  for (const { plan, invariant, text } of total.failures)
    console.log(`failed: seed ${BigInt(`0x${plan.seed}`)}, ${invariant}: ${text}`);
  for (const { plan } of total.failures.slice(0, 3)) await replay(await shrink(plan));
  if (total.failures.length > 0) process.exitCode = 1;
  const missing = unreached(total.reached);
  if (campaign.mode !== 'swarm' || campaign.seeds < ENOUGH_SEEDS || missing.length === 0) return;
  console.error(`never came up: ${missing.join(', ')}`);
  process.exitCode = 1;
}

async function huntBugs(): Promise<void> {
  const untilCaught = values.seeds === undefined;
  const seeds = Number(values.seeds ?? MOST_SEEDS);
  const parts = await inWorkers<Record<string, Catch>>({ mode: 'bugs', from, seeds, untilCaught }, jobs);
  const { text, missed } = describeCatches(Object.assign({}, ...parts));
  console.log(text);
  if (missed > 0) process.exitCode = 1;
}

function report(campaign: Campaign, total: Tally, seconds: number): void {
  for (const [name, times] of Object.entries(total.reached).sort())
    console.log(`${String(times).padStart(9)}  ${name}`);
  const what =
    campaign.mode === 'swarm'
      ? `seeds ${campaign.from} to ${campaign.from + campaign.seeds - 1}`
      : campaign.mode;
  console.log(
    `${what}: ${total.plans} plans, ${total.failures.length} failed, ${total.events} events, ${seconds.toFixed(0)} s, ` +
      `${Math.round(total.plans / seconds)} a second, ${Math.round(total.simulated / 1000 / seconds)} times real time`,
  );
}

/** Shows a plan's run; a failing one is kept as a regression test. */
async function replay(plan: Plan): Promise<void> {
  const result = await simulate(plan);
  console.log(drawTimeline(result));
  console.log(`trace ${traceHash(result)}, ends: ${result.endings.join(', ')}`);
  if (result.violations.length === 0) return;
  console.log(describeFailure(plan, result));
  const folder = new URL('./plans/', import.meta.url);
  const file = new URL(`${result.violations[0]?.invariant}-${traceHash(result)}.json`, folder);
  await mkdir(folder, { recursive: true });
  await writeFile(file, `${JSON.stringify(byName(plan, result.calls), undefined, 2)}\n`);
  console.log(`kept as ${fileURLToPath(file)}`);
  process.exitCode = 1;
}
