import { callFaults, type Fault, type FaultKind, type Plan, worldFaults } from './faults.ts';
import { simulate } from './simulate.ts';

/** How long or late, where a fault of this kind has a length; one length is too short to matter, one long enough. */
const lengths: Partial<Record<FaultKind, readonly number[]>> = {
  'die-late': [1_000, 30_000],
  freeze: [4_000, 40_000],
  'freeze-sent': [40_000],
  suspend: [40_000],
  double: [300],
  'late-apply': [2_000, 12_000],
  'late-reply': [3_000],
  stale: [1_500],
  'disk-full': [3_000, 30_000],
  'dependency-down': [1_500, 20_000],
  'router-refuses': [400, 15_000],
  'router-disagrees': [2_000, 30_000],
  'interrupt-twice': [300],
  'cut-engine': [2_000, 30_000],
  'cut-router': [2_000, 30_000],
};

const runs: readonly Plan['runs'][] = [['deploy'], ['deploy', 'resume']];
const crashes: readonly FaultKind[] = ['die-before', 'die-sent'];

/** How many boundaries a run without faults has. */
export async function boundaries(): Promise<number> {
  return (await simulate({ seed: '0', runs: ['deploy'], faults: [] })).calls;
}

/** Every fault at every boundary of a clean run, followed by the same deployment, and by `resume()`. */
export function* everyFault(
  calls: number,
  kinds = [...callFaults, ...worldFaults] as FaultKind[],
): Generator<Plan> {
  for (const kind of kinds)
    for (const ms of lengths[kind] ?? [0])
      for (let call = 1; call <= calls; call++)
        for (const sequence of runs)
          yield { seed: '0', runs: sequence, faults: [{ run: 1, call, do: kind, ms }] };
}

/** Every ordered pair of crashes: the first run dies at one boundary, the next at another. */
export function* everyPairOfCrashes(calls: number): Generator<Plan> {
  for (const first of crashes)
    for (const second of crashes)
      for (let one = 1; one <= calls; one++)
        for (let other = 1; other <= calls; other++) {
          const faults: Fault[] = [
            { run: 1, call: one, do: first, ms: 0 },
            { run: 2, call: other, do: second, ms: 0 },
          ];
          yield { seed: '0', runs: one % 2 ? ['deploy', 'deploy'] : ['deploy', 'resume'], faults };
        }
}

/**
 * A holder that pauses at each call while somebody on another machine wants to deploy: taken over, and then it wakes,
 * when its successor is at the gate, and when it has switched.
 */
export function* everyPause(calls: number): Generator<Plan> {
  for (const rival of ['second-deployer', 'second-release'] as const)
    for (const kind of ['freeze', 'freeze-sent', 'suspend'] as const)
      for (const ms of [28_000, 45_000])
        for (let call = 2; call <= calls; call++) {
          const faults: Fault[] = [
            { run: 1, call: call - 1, do: rival, ms: 0 },
            { run: 1, call, do: kind, ms },
          ];
          yield { seed: '0', runs: ['deploy'], faults };
        }
}
