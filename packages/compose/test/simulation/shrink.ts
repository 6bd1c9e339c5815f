import type { Plan } from './faults.ts';
import { type Result, type Sabotage, simulate } from './simulate.ts';

/** The smallest plan found that still breaks the same invariant: without tail, without faults, without delays. */
export async function shrink(plan: Plan, sabotage?: Sabotage): Promise<Plan> {
  const invariant = firstBroken(await simulate(plan, sabotage));
  if (invariant === undefined) return plan;
  let smallest = plan;
  for (let smaller: Plan | undefined = plan; smaller; ) {
    smallest = smaller;
    smaller = undefined;
    for (const candidate of simpler(smallest)) {
      if (firstBroken(await simulate(candidate, sabotage)) !== invariant) continue;
      smaller = candidate;
      break;
    }
  }
  return smallest;
}

const firstBroken = ({ violations }: Result): string | undefined => violations[0]?.invariant;

/** What decides less, the boldest cut first. */
function* simpler(plan: Plan): Generator<Plan> {
  const { runs, faults, seed } = plan;
  if (runs.length > 1) {
    const kept = runs.slice(0, -1);
    yield { ...plan, runs: kept, faults: faults.filter(({ run }) => run <= kept.length) };
  }
  for (const [index] of faults.entries()) yield { ...plan, faults: faults.filter((_, at) => at !== index) };
  if (plan.instances !== undefined) yield { ...plan, instances: undefined };
  if (plan.jobs) yield { ...plan, jobs: undefined };
  if (plan.signals) yield { ...plan, signals: undefined };
  if (seed !== '0') yield { ...plan, seed: '0' };
  for (const [index, fault] of faults.entries()) {
    for (const ms of [0, 1_000, 10_000]) {
      if (ms < fault.ms) yield { ...plan, faults: faults.with(index, { ...fault, ms }) };
    }
  }
  for (const [index, kind] of runs.entries()) {
    if (kind === 'resume') yield { ...plan, runs: runs.with(index, 'deploy') };
  }
}
