import { bugs } from './bugs.ts';
import type { Plan } from './faults.ts';
import { simulate } from './simulate.ts';
import { swarmPlan } from './swarm.ts';

export interface Catch {
  readonly seeds: number;
  readonly caught: number;
  /** How many seeds it took. */
  readonly first: number | undefined;
  readonly plan: Plan | undefined;
  readonly invariants: readonly string[];
}

/** Runs seeds against one planted bug, all of them or until it is caught. */
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
  for (; tried < seeds && !(untilCaught && caught > 0); tried++) {
    const plan = swarmPlan(BigInt(from + tried));
    const { violations } = await simulate(plan, sabotage);
    const [violation] = violations;
    if (!violation) continue;
    invariants.add(violation.invariant);
    caught++;
    first ??= tried + 1;
    found ??= plan;
  }
  return { seeds: tried, caught, first, plan: found, invariants: [...invariants].sort() };
}

interface HuntOptions {
  readonly seeds: number;
  readonly from?: number;
  readonly untilCaught?: boolean;
}

/** The table of planted bugs: caught in how many seeds, by which invariants. */
export async function huntBugs(seeds: number, from: number): Promise<void> {
  let missed = 0;
  const firsts: number[] = [];
  for (const name of Object.keys(bugs)) {
    const { caught, first, invariants } = await hunt(name, { seeds, from });
    if (first === undefined) missed++;
    else firsts.push(first);
    console.log(
      `${String(caught).padStart(6)} of ${seeds}  first ${String(first ?? '-').padStart(4)}  ${name} (${invariants})`,
    );
  }
  firsts.sort((a, b) => a - b);
  console.log(`${firsts.length} bugs caught, ${missed} missed; median ${firsts[firsts.length >> 1]} seeds`);
  process.exitCode = missed > 0 ? 1 : 0;
}
