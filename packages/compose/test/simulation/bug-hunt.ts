import { bugs } from './bugs.ts';
import { boundaries, everyPause } from './exhaustive.ts';
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

/** Seeds, and then what a seed hardly ever hits: a pause at the one call that matters, while a rival waits. */
async function* huntingGround(from: number, seeds: number): AsyncGenerator<Plan> {
  for (let seed = from; seed < from + seeds; seed++) yield swarmPlan(BigInt(seed));
  yield* everyPause(await boundaries());
}

/** Runs plans against one planted bug, all of them or until it is caught. */
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
    if (untilCaught && caught > 0) break;
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

interface HuntOptions {
  readonly seeds: number;
  readonly from?: number;
  readonly untilCaught?: boolean;
}

/** The table of planted bugs: caught in how many plans, by which invariants. */
export async function huntBugs(seeds: number, from: number): Promise<void> {
  let missed = 0;
  const firsts: number[] = [];
  for (const name of Object.keys(bugs)) {
    const { plans, caught, first, invariants } = await hunt(name, { seeds, from });
    if (first === undefined) missed++;
    else firsts.push(first);
    console.log(
      `${String(caught).padStart(6)} of ${plans}  first ${String(first ?? '-').padStart(4)}  ${name} (${invariants})`,
    );
  }
  firsts.sort((a, b) => a - b);
  console.log(`${firsts.length} bugs caught, ${missed} missed; median ${firsts[firsts.length >> 1]} plans`);
  process.exitCode = missed > 0 ? 1 : 0;
}
