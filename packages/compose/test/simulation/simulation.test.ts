import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { hunt } from './bug-hunt.ts';
import { bugs } from './bugs.ts';
import { runAll, seeds, share, type Tally } from './campaign.ts';
import { boundaries, everyFault } from './exhaustive.ts';
import { callFaults, type Plan, referenceFaults, worldFaults } from './faults.ts';
import { Kernel } from './kernel.ts';
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

// A part of what `pnpm simulate --exhaustive` and `--seeds` run in full; CI runs those beside these tests.
describe('a simulated deployment', () => {
  it('comes out well without faults, and the second run changes nothing', async () => {
    const { endings, violations } = await simulate({ seed: '0', runs: ['deploy'], faults: [] });
    expect({ endings, violations }).toEqual({ endings: ['deployed', 'unchanged'], violations: [] });
  });

  it('deploys when the engine loses the image records of what runs', async () => {
    const faults = [{ run: 1, call: 1, do: 'old-image-gone', ms: 0 }] as const;
    const { endings, violations, reached } = await simulate({ seed: '0', runs: ['deploy'], faults });
    expect({ endings, violations }).toEqual({ endings: ['deployed', 'unchanged'], violations: [] });
    expect(reached.get('what runs has no image record')).toBeGreaterThan(0);
  });

  it('survives a part of the exhaustive mode', { timeout: 3 * MINUTES }, async () => {
    await expectClean(await runAll(share(everyFault(await boundaries()), 3, 51)));
  });

  it('survives random mixes of faults', { timeout: 3 * MINUTES }, async () => {
    await expectClean(await runAll(seeds(1, 301)));
  });

  it('goes the same way again, event for event', async () => {
    for (const plan of seeds(1, 51)) {
      expect(traceHash(await simulate(plan))).toBe(traceHash(await simulate(plan)));
    }
  });

  it('goes the same way when promises run after quiet events too', async () => {
    const hurried = await Promise.all([...seeds(1, 51)].map(async (plan) => traceHash(await simulate(plan))));
    vi.spyOn(Kernel.prototype, 'quietly').mockImplementation(Kernel.prototype.after);
    for (const [index, plan] of [...seeds(1, 51)].entries()) {
      expect(traceHash(await simulate(plan))).toBe(hurried[index]);
    }
    vi.restoreAllMocks();
  });

  it.each<{ where: string; limit: number; plan: Plan; heir: string }>([
    {
      where: 'the same host',
      limit: 1_000,
      heir: 'run2',
      plan: {
        seed: '0',
        runs: ['deploy', 'deploy'],
        faults: [{ run: 1, call: 24, do: 'die-before', ms: 0 }],
      },
    },
    {
      where: 'another host',
      limit: 25_000,
      heir: 'rival',
      plan: {
        seed: '0',
        runs: ['deploy'],
        faults: [
          { run: 1, call: 20, do: 'second-deployer', ms: 0 },
          { run: 1, call: 24, do: 'die-before', ms: 0 },
        ],
      },
    },
  ])(
    'has its lock taken over within $limit ms from $where when it is killed',
    async ({ plan, limit, heir }) => {
      const { timeline } = (await simulate(plan)).world;
      const died = timeline.find(({ text }) => text === 'is killed')?.at ?? Number.NaN;
      const takenOver = timeline.find(({ actor, text }) => actor === heir && text.startsWith('note '))?.at;
      expect(takenOver).toBeGreaterThan(died);
      expect(takenOver).toBeLessThanOrEqual(died + limit);
    },
  );

  const plans = new URL('./plans/', import.meta.url);
  it.each(readdirSync(plans))('survives what once broke it: %s', async (name) => {
    const plan: Plan = JSON.parse(readFileSync(new URL(name, plans), 'utf8'));
    const result = await simulate(plan);
    expect(result.violations, describeFailure(plan, result)).toEqual([]);
    // A fault that does not come any more proves nothing: name its call anew.
    expect(plan.faults.filter((fault) => !result.struck.has(fault))).toEqual([]);
  });
});

describe('the faults of the reference', () => {
  it('all have a kind, and every kind is one of them', () => {
    expect(Object.keys(referenceFaults)).toHaveLength(41);
    const named = new Set(Object.values(referenceFaults).flat());
    expect([...callFaults, ...worldFaults].filter((kind) => !named.has(kind))).toEqual([]);
  });
});

describe('planted bugs', () => {
  it('are at least forty; CI hunts all of them beside these tests', () => {
    expect(Object.keys(bugs).length).toBeGreaterThanOrEqual(40);
  });

  it.each([
    'sends SIGTERM twice',
    'starts the cron beside the old one',
    'switches before the gate',
    'keeps no journal',
  ])('are caught: %s', async (name) => {
    const { first } = await hunt(name, { seeds: 100, untilCaught: true });
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
