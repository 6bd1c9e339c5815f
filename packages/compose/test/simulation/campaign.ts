import { everything } from './exhaustive.ts';
import type { Plan } from './faults.ts';
import { type Sabotage, simulate } from './simulate.ts';
import { swarmPlan } from './swarm.ts';

/** What came of many simulations. */
export interface Tally {
  plans: number;
  /** Milliseconds of virtual time. */
  simulated: number;
  events: number;
  failures: { plan: Plan; invariant: string; text: string }[];
  reached: Record<string, number>;
}

/** Which plans to run: all of the exhaustive mode, or so many seeds from one on. */
export type Campaign =
  | { readonly mode: 'exhaustive' }
  | { readonly mode: 'swarm'; readonly from: number; readonly seeds: number };

export const emptyTally = (): Tally => ({ plans: 0, simulated: 0, events: 0, failures: [], reached: {} });

const TURN = 50;

/** Runs every plan; lets the event loop have a turn now and then. */
export async function runAll(
  plans: Iterable<Plan> | AsyncIterable<Plan>,
  onTurn: (soFar: Tally) => void = () => {},
  sabotage?: Sabotage,
): Promise<Tally> {
  const tally = emptyTally();
  for await (const plan of plans) {
    const { world, violations } = await simulate(plan, sabotage);
    tally.plans++;
    tally.simulated += world.kernel.now;
    tally.events += world.kernel.events;
    for (const [name, times] of world.reached) tally.reached[name] = (tally.reached[name] ?? 0) + times;
    const [first] = violations;
    if (first) tally.failures.push({ plan, invariant: first.invariant, text: first.text });
    if (tally.plans % TURN !== 0) continue;
    onTurn(tally);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return tally;
}

export function add(total: Tally, part: Tally): Tally {
  const reached = { ...total.reached };
  for (const [name, times] of Object.entries(part.reached)) reached[name] = (reached[name] ?? 0) + times;
  return {
    plans: total.plans + part.plans,
    simulated: total.simulated + part.simulated,
    events: total.events + part.events,
    failures: [...total.failures, ...part.failures],
    reached,
  };
}

/** The share of one of `of` workers. */
export const shareOf = (campaign: Campaign, one: number, of: number): AsyncIterable<Plan> | Iterable<Plan> =>
  campaign.mode === 'exhaustive'
    ? share(everything(), one, of)
    : seeds(campaign.from + one, campaign.from + campaign.seeds, of);

export function* seeds(from: number, end: number, step = 1): Generator<Plan> {
  for (let seed = from; seed < end; seed += step) yield swarmPlan(BigInt(seed));
}

/** Every n-th of `plans`, from the k-th. */
export async function* share(
  plans: Iterable<Plan> | AsyncIterable<Plan>,
  one: number,
  of: number,
): AsyncGenerator<Plan> {
  let index = 0;
  for await (const plan of plans) if (index++ % of === one) yield plan;
}
