import type { Plan } from './faults.ts';
import { type Sabotage, simulate } from './simulate.ts';

/** What came of many simulations. */
export interface Tally {
  plans: number;
  /** Milliseconds of virtual time. */
  simulated: number;
  events: number;
  /** Calls to the outside that the code under test made. */
  failures: { plan: Plan; invariant: string; text: string }[];
  reached: Record<string, number>;
}

export const emptyTally = (): Tally => ({ plans: 0, simulated: 0, events: 0, failures: [], reached: {} });

/** Runs every plan; lets the event loop have a turn now and then. */
export async function runAll(plans: Iterable<Plan>, sabotage?: Sabotage): Promise<Tally> {
  const tally = emptyTally();
  for (const plan of plans) {
    const { world, violations } = await simulate(plan, sabotage);
    tally.plans++;
    tally.simulated += world.kernel.now;
    tally.events += world.kernel.events;
    for (const [name, times] of world.reached) tally.reached[name] = (tally.reached[name] ?? 0) + times;
    const [first] = violations;
    if (first) tally.failures.push({ plan, invariant: first.invariant, text: first.text });
    if (tally.plans % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return tally;
}

export function add(total: Tally, part: Tally): Tally {
  total.plans += part.plans;
  total.simulated += part.simulated;
  total.events += part.events;
  total.failures.push(...part.failures);
  for (const [name, times] of Object.entries(part.reached)) {
    total.reached[name] = (total.reached[name] ?? 0) + times;
  }
  return total;
}

/** Every n-th of `plans`, from the k-th: the share of one of n workers. */
export function* share(plans: Iterable<Plan>, one: number, of: number): Generator<Plan> {
  let index = 0;
  for (const plan of plans) if (index++ % of === one) yield plan;
}
