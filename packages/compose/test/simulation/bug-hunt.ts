import { bugs } from './bugs.ts';
import {
  boundaries,
  everyFailureOfChanged,
  everyFault,
  everyLateJob,
  everyPause,
  everyReloadOfOne,
  everySignalByHand,
} from './exhaustive.ts';
import type { Plan } from './faults.ts';
import { simulate } from './simulate.ts';
import { swarmPlan } from './swarm.ts';

export interface Catch {
  readonly plans: number;
  readonly caught: number;
  /** How many plans it took. */
  readonly first: number | undefined;
  readonly plan: Plan | undefined;
  readonly invariants: readonly string[];
}

/** A planted bug that so many seeds do not catch is missed. */
export const MOST_SEEDS = 5_000;
/** After so many it is time for something else. */
const MANY_SEEDS = 1_000;

interface HuntOptions {
  readonly seeds: number;
  readonly from?: number;
  /** Stops at the first catch. */
  readonly untilCaught?: boolean;
}

/** Runs seeds against one planted bug; and, when none has caught it, what a seed hardly ever hits. */
export async function hunt(
  name: string,
  { seeds, from = 1, untilCaught = false }: HuntOptions,
): Promise<Catch> {
  const sabotage = bugs[name];
  let caught = 0;
  let first: number | undefined;
  let found: Plan | undefined;
  const invariants = new Set<string>();
  let tried = 0;
  for await (const plan of huntingGround(from, seeds)) {
    if (caught > 0 && (untilCaught || tried >= seeds)) break;
    tried++;
    const { violations } = await simulate(plan, sabotage);
    const [violation] = violations;
    if (!violation) continue;
    invariants.add(violation.invariant);
    caught++;
    first ??= tried;
    found ??= plan;
  }
  return { plans: tried, caught, first, plan: found, invariants: [...invariants].sort() };
}

/** Seeds; and in between, or last, what a seed hardly ever hits: a pause, or a late arrival, of the one call that matters. */
async function* huntingGround(from: number, seeds: number): AsyncGenerator<Plan> {
  const many = Math.min(seeds, MANY_SEEDS);
  yield* seedsOf(from, many);
  const calls = await boundaries();
  yield* everySignalByHand(calls);
  yield* everyReloadOfOne();
  yield* everyLateJob();
  yield* everyFailureOfChanged(calls);
  yield* everyFault(calls, ['die-late'], [['deploy', 'deploy']]);
  yield* everyPause(calls);
  yield* seedsOf(from + many, seeds - many);
}

function* seedsOf(from: number, count: number): Generator<Plan> {
  for (let seed = from; seed < from + count; seed++) yield swarmPlan(BigInt(seed));
}

/** Everything that one of `of` workers catches, by name. */
export async function huntShare(
  options: HuntOptions,
  one: number,
  of: number,
): Promise<Record<string, Catch>> {
  const names = Object.keys(bugs).filter((_, index) => index % of === one);
  const catches: Record<string, Catch> = {};
  for (const name of names) catches[name] = await hunt(name, options);
  return catches;
}

/** The table of planted bugs: caught in how many plans, by which invariants. */
export function describeCatches(catches: Readonly<Record<string, Catch>>): { text: string; missed: number } {
  const all = Object.entries(catches).sort(([a], [b]) => a.localeCompare(b));
  const firsts = all.flatMap(([, { first }]) => first ?? []).sort((a, b) => a - b);
  const missed = all.length - firsts.length;
  const lines = all.map(([name, { plans, caught, first, invariants }]) =>
    [String(caught).padStart(6), 'of', String(plans).padEnd(5), ' first', String(first ?? '-').padStart(4)]
      .concat(` ${name} (${invariants})`)
      .join(' '),
  );
  const median = firsts[firsts.length >> 1];
  lines.push(`${firsts.length} bugs caught, ${missed} missed; median ${median} plans, most ${firsts.at(-1)}`);
  return { text: lines.join('\n'), missed };
}
