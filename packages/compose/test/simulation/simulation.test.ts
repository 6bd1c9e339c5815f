import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hunt } from './bug-hunt.ts';
import { bugs } from './bugs.ts';
import { runAll, share, type Tally } from './campaign.ts';
import { boundaries, everyFault, everyPairOfCrashes, everyPause } from './exhaustive.ts';
import { callFaults, type Plan, referenceFaults, worldFaults } from './faults.ts';
import { describeFailure, traceHash } from './report.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';
import { swarmPlan } from './swarm.ts';

const MINUTES = 60_000;

/** Fails with the shrunk plan and how to run it again. */
async function expectClean({ failures }: Tally): Promise<void> {
  const [first] = failures;
  if (!first) return;
  const plan = await shrink(first.plan);
  expect.fail(`${failures.length} plans failed\n${describeFailure(plan, await simulate(plan))}`);
}

function* swarm(from: number, count: number): Generator<Plan> {
  for (let seed = from; seed < from + count; seed++) yield swarmPlan(BigInt(seed));
}

// A part of what `pnpm simulate --exhaustive` and `--seeds` run in full.
describe('a simulated deployment', () => {
  it('comes out well without faults, and the second run changes nothing', async () => {
    const { endings, violations } = await simulate({ seed: '0', runs: ['deploy'], faults: [] });
    expect({ endings, violations }).toEqual({ endings: ['deployed', 'unchanged'], violations: [] });
  });

  it('survives a crash at every call', { timeout: 3 * MINUTES }, async () => {
    await expectClean(await runAll(everyFault(await boundaries(), ['die-before', 'die-sent'])));
  });

  it('survives every kind of fault at every seventh call', { timeout: 5 * MINUTES }, async () => {
    await expectClean(await runAll(share(everyFault(await boundaries()), 3, 14)));
  });

  it('survives pairs of crashes', { timeout: 3 * MINUTES }, async () => {
    await expectClean(await runAll(share(everyPairOfCrashes(await boundaries()), 7, 101)));
  });

  it('survives a holder that pauses at any call, is taken over and wakes', {
    timeout: 3 * MINUTES,
  }, async () => {
    const tally = await runAll(everyPause(await boundaries()));
    await expectClean(tally);
    expect(tally.reached['effect of a superseded holder']).toBeGreaterThan(0);
  });

  it('survives random mixes of faults, and meets the rare situations', { timeout: 5 * MINUTES }, async () => {
    const tally = await runAll(swarm(1, 1_500));
    await expectClean(tally);
    const missing = [...worldFaults, ...rare].filter((name) => !tally.reached[name]);
    expect(missing).toEqual([]);
  });

  it('goes the same way again, event for event', async () => {
    for (const plan of swarm(1, 20)) {
      expect(traceHash(await simulate(plan))).toBe(traceHash(await simulate(plan)));
    }
  });

  const plans = new URL('./plans/', import.meta.url);
  it.each(readdirSync(plans))('survives what once broke it: %s', async (name) => {
    const plan: Plan = JSON.parse(readFileSync(new URL(name, plans), 'utf8'));
    const result = await simulate(plan);
    expect(result.violations, describeFailure(plan, result)).toEqual([]);
  });
});

const rare = [
  'a second deployer',
  'effect of a dead process',
  'effect without a lock',
  'killed at the end of its grace',
  'sessions cut at an announced deadline',
  'the lock vanishes under its holder',
  "the lock of a dead process is left, and in nobody's way",
  'the slot fails at the moment of the switch',
  'real requests fail although health is good',
];

describe('the faults of the reference', () => {
  it('all have a kind, and every kind is one of them', () => {
    expect(Object.keys(referenceFaults)).toHaveLength(35);
    const named = new Set(Object.values(referenceFaults).flat());
    expect([...callFaults, ...worldFaults].filter((kind) => !named.has(kind))).toEqual([]);
  });
});

describe('a planted bug', () => {
  it('is one of at least forty', () => {
    expect(Object.keys(bugs).length).toBeGreaterThanOrEqual(40);
  });

  it.each(Object.keys(bugs))('is caught: %s', { timeout: 2 * MINUTES }, async (name) => {
    const { first } = await hunt(name, { seeds: 2_500, untilCaught: true });
    expect(first).toBeDefined();
  });
});

describe('shrink', () => {
  it('keeps only what a failure needs', async () => {
    const sabotage = bugs['stops with a shorter grace than promised'];
    const plan = swarmPlan(4n);
    expect(plan.faults.length).toBeGreaterThan(0);
    expect(await shrink(plan, sabotage)).toEqual({ seed: '0', runs: ['deploy'], faults: [] });
  });
});
