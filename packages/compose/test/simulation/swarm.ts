import { callFaults, type Fault, type FaultKind, type Plan, slotFaults, worldFaults } from './faults.ts';
import { Random } from './random.ts';

const jobFaults: readonly FaultKind[] = ['job-fails', 'job-hangs'];
const kinds = ([...callFaults, ...worldFaults] as readonly FaultKind[]).filter(
  (kind) => !jobFaults.includes(kind),
);
// Kinds that only lengthen or change a run are worth more when they meet others.
const MOST_FAULTS = 5;
const MOST_RUNS = 4;
// A clean run makes about this many calls; faults beyond the end of a run never come.
const CALLS = 100;

/** One in so many plans has jobs. */
const JOBS = 4n;
/** … and the one two after that has signals. */
const SIGNALS = 2n;

/** Kinds that matter most when they meet. */
const themes: readonly (readonly FaultKind[])[] = [
  ['freeze', 'freeze-sent', 'suspend', 'cut-engine', 'second-deployer', 'second-release'],
  ['router-reload', 'router-restart', 'router-refuses', 'router-disagrees', 'cut-router', 'die-before'],
  ['cut-instance', 'router-reload', 'lose-reply', 'new-crashes', 'die-before'],
  ['prune', 'prune-notes', 'die-late', 'late-apply', 'second-release'],
  ['freeze', 'late-apply', 'second-release', 'second-deployer'],
  ['router-late', 'hook-throws', 'new-never-healthy', 'new-cron-crashes'],
  [...slotFaults, 'old-crashes'],
  ['new-crashes', 'new-frozen', 'interrupt', 'router-reload', 'die-before'],
  ['second-in-container', 'interrupt', 'lose-reply', 'cut-engine'],
  ['new-exits-soon', 'new-out-of-memory', 'new-flaps', 'engine-restart', 'new-late-healthy'],
];

/**
 * What only a router that refuses old commands survives: server states carry no version, so a command of somebody who
 * was paused, or who lost the lock, is obeyed whenever it comes. The docs say so.
 */
export const needsFence: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'freeze',
  'freeze-sent',
  'suspend',
  'die-late',
  'late-apply',
  'double',
  'second-deployer',
  'second-release',
  'second-in-container',
  'cut-engine',
]);

/** A random mix from a seed: few kinds are switched on in each, so that rare combinations are not drowned. */
export function swarmPlan(seed: bigint): Plan {
  const random = new Random(seed);
  const runs = Array.from({ length: random.between(1, MOST_RUNS) }, () =>
    random.pick(['deploy', 'deploy', 'deploy', 'deploy', 'resume', 'rollback'] as const),
  );
  runs[0] = 'deploy';
  const way = random.chance(0.4) ? 'server' : 'map';
  const shape = way === 'map' && random.chance(0.4) ? 'pairs' : 'single';
  const instances = way === 'map' && random.chance(0.3) ? 2 : 1;
  const mix = random.chance(0.25)
    ? [...random.pick(themes)]
    : Array.from({ length: random.between(1, 4) }, () => random.pick(kinds));
  const enabled = way === 'map' ? mix : mix.filter((kind) => !needsFence.has(kind));
  if (enabled.length === 0 || random.chance(0.6)) enabled.push('die-before', 'die-sent');
  const faults: Fault[] = Array.from({ length: random.between(1, MOST_FAULTS) }, () => ({
    run: random.between(1, runs.length),
    call: random.between(1, CALLS),
    do: random.pick(enabled),
    ms: random.pick([200, 1_500, 6_000, 12_000, 25_000, 60_000]),
  }));
  // A seed of its own for what happens inside, so that shrinking a plan leaves the rest of the run alone.
  // Not drawn, so that the rest of the mix stays as it was before there were jobs.
  const jobs = seed % JOBS === 0n;
  const jobFault = jobs ? jobFaults[Number((seed / JOBS) % 5n)] : undefined;
  if (jobFault) faults.push({ run: 1, call: 1, do: jobFault, ms: 0 });
  return {
    seed: (seed === 0n ? 1n : BigInt.asUintN(64, seed)).toString(16),
    ...(way === 'map' ? {} : { way }),
    ...(shape === 'single' ? {} : { shape }),
    ...(instances === 1 ? {} : { instances }),
    ...(jobs ? { jobs } : {}),
    ...(seed % JOBS === SIGNALS ? { signals: true } : {}),
    runs,
    faults,
  };
}
