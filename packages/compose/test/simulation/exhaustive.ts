import { callFaults, type Fault, type FaultKind, type Plan, slotFaults, worldFaults } from './faults.ts';
import type { Boundary } from './process.ts';
import { simulate } from './simulate.ts';

/** How long or late, where a fault of this kind has a length; one length is too short to matter, one long enough. */
const lengths: Partial<Record<FaultKind, readonly number[]>> = {
  'die-late': [1_000, 4_000, 30_000],
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
  'cut-instance': [2_000, 30_000],
};

/** Of a mere look these are the same as another: a request that is lost, refused, or not sent before the end. */
const pointlessForLooks = new Set<FaultKind>([
  'die-sent',
  'die-late',
  'lose-reply',
  'false-error',
  'double',
  'late-apply',
]);

/** These are so for the whole run, at whichever call they are named. */
const wholeRun = new Set<FaultKind>(['sink-throws', 'hook-throws', 'hook-hangs', 'slow-clock', 'fast-clock']);

const ends: readonly Plan['runs'][] = [['deploy'], ['deploy', 'resume']];
const crashes: readonly FaultKind[] = ['die-before', 'die-sent'];

type Surroundings = Pick<Plan, 'way' | 'shape' | 'instances' | 'jobs' | 'signals'>;

/** The calls that a run without faults makes. */
export async function boundaries(around: Surroundings = {}): Promise<readonly Boundary[]> {
  const { calls } = await simulate({ ...around, seed: '0', runs: ['deploy'], faults: [] });
  return calls[0] ?? [];
}

/** All of it: each fault at each boundary, each pair of crashes, each pause of a holder. */
export async function* everything(): AsyncGenerator<Plan> {
  const calls = await boundaries();
  yield* everyFault(calls);
  yield* everyFailingSlot();
  yield* everyPair();
  yield* everyInstance();
  yield* everyJob();
  yield* everySignal();
  yield* everyRollback();
  yield* everySignalByHand(calls);
  yield* everyPause(calls);
  yield* everyPairOfCrashes(calls);
}

/** Every fault at every boundary of a clean run, followed by the same deployment, and by `resume()`. */
export function* everyFault(
  calls: readonly Boundary[],
  kinds: readonly FaultKind[] = [...callFaults, ...worldFaults],
  endings: readonly Plan['runs'][] = ends,
): Generator<Plan> {
  for (const kind of kinds)
    for (const ms of lengths[kind] ?? [0])
      for (const fault of faultsAt(1, calls, kind, ms))
        for (const runs of endings) yield { seed: '0', runs, faults: [fault] };
}

function* faultsAt(run: number, calls: readonly Boundary[], kind: FaultKind, ms = 0): Generator<Fault> {
  for (const [index, call] of calls.entries()) {
    if (wholeRun.has(kind) && index > 0) return;
    if (pointlessForLooks.has(kind) && isLook(call)) continue;
    yield { run, call: index + 1, do: kind, ms };
  }
}

/** A beat changes nothing that a deployment sees, but it is seen. */
const isLook = ({ name, mutates }: Boundary): boolean => !mutates && !name.startsWith('beat');

/** By server state too: the new slot fails at each call, the router forgets, or the process ends. */
async function* everyFailingSlot(): AsyncGenerator<Plan> {
  const kinds: readonly FaultKind[] = [
    ...slotFaults,
    'old-crashes',
    'router-reload',
    ...crashes,
    'interrupt',
  ];
  for (const plan of everyFault(await boundaries({ way: 'server' }), kinds)) yield { ...plan, way: 'server' };
}

/** In slots of several services and containers: one of them fails, the process ends, or the project wants more of them. */
async function* everyPair(): AsyncGenerator<Plan> {
  const kinds: readonly FaultKind[] = [
    ...slotFaults,
    'old-crashes',
    'replicas-change',
    'prune',
    ...crashes,
    'interrupt',
  ];
  for (const plan of everyFault(await boundaries({ shape: 'pairs' }), kinds))
    yield { ...plan, shape: 'pairs' };
}

/** With two HAProxys: one is cut off, or forgets; a commit, or its answer, is lost; the new slot fails; the process ends. */
async function* everyInstance(): AsyncGenerator<Plan> {
  const kinds: readonly FaultKind[] = [
    ...(['cut-instance', 'router-reload', 'lose-request', 'lose-reply', 'refuse'] as const),
    ...(['new-crashes', 'new-frozen', 'die-late', 'interrupt'] as const),
    ...crashes,
  ];
  for (const plan of everyFault(await boundaries({ instances: 2 }), kinds)) yield { ...plan, instances: 2 };
}

/** With jobs: one fails or hangs, is pruned, is interrupted; the process ends, or its request is late. */
async function* everyJob(): AsyncGenerator<Plan> {
  const kinds: readonly FaultKind[] = [
    ...(['job-fails', 'job-hangs', 'prune', 'interrupt', 'die-late', 'late-apply', 'lose-reply'] as const),
    ...crashes,
  ];
  const calls = await boundaries({ jobs: true });
  for (const plan of everyFault(calls, kinds)) yield { ...plan, jobs: true };
  // What comes twice may come when the job is over.
  for (const fault of faultsAt(1, calls, 'double', 6_000))
    yield { jobs: true, seed: '0', runs: ['deploy'], faults: [fault] };
  const again = { jobs: true, runs: ['deploy', 'deploy'] } as const;
  for (const crash of faultsAt(1, calls, 'die-sent')) {
    yield { ...again, seed: '0', faults: [{ run: 1, call: 1, do: 'job-fails', ms: 0 }, crash] };
    // What was over when the process died is gone when the next one comes.
    yield { ...again, seed: SHORT_JOBS, faults: [crash, { run: 2, call: 3, do: 'prune', ms: 0 }] };
  }
}

/** A seed with which a job is over before anybody looks. */
const SHORT_JOBS = '40';

/** A start of a job that comes late, or whose end no process has seen. */
export async function* everyLateJob(): AsyncGenerator<Plan> {
  for (const plan of everyFault(await boundaries({ jobs: true }), ['die-late'], [['deploy', 'deploy']]))
    yield { ...plan, jobs: true };
  for await (const plan of everyJob()) if (plan.faults.length > 1) yield plan;
}

/** Requests fail from each call on, and only the router counts them: alone, and with what makes it forget. */
async function* everySignal(): AsyncGenerator<Plan> {
  const forgetting = ['router-reload', 'router-restart', 'cut-router', ...crashes] as const;
  for (const way of ['map', 'server'] as const) {
    const around = { way, signals: true };
    const calls = await boundaries(around);
    for (const plan of everyFault(calls, ['new-fails-requests'])) yield { ...plan, ...around };
    for (const kind of forgetting)
      for (const fault of faultsAt(1, calls, kind))
        yield {
          ...around,
          seed: '0',
          runs: ['deploy', 'deploy'],
          faults: [{ run: 1, call: 1, do: 'new-fails-requests', ms: 0 }, fault],
        };
  }
}

/** Who deploys is asked to stop, or killed, at each call, and then wants back what ran before. */
async function* everyRollback(): AsyncGenerator<Plan> {
  for (const way of ['map', 'server'] as const)
    for (const plan of everyFault(
      await boundaries({ way }),
      ['interrupt', ...crashes],
      [['deploy', 'rollback']],
    ))
      yield { ...plan, way };
}

/** One of two HAProxys is reloaded at each call. */
export async function* everyReloadOfOne(): AsyncGenerator<Plan> {
  for (const plan of everyFault(await boundaries({ instances: 2 }), ['router-reload'], [['deploy']]))
    yield { ...plan, instances: 2 };
}

/** A changed configuration, in a project that keeps those of before, whose cron crashes from each call on. */
export function* everyFailureOfChanged(calls: readonly Boundary[]): Generator<Plan> {
  for (const crash of faultsAt(2, calls, 'new-cron-crashes'))
    yield {
      seed: KEEPING,
      runs: ['deploy', 'deploy'],
      faults: [{ run: 2, call: 1, do: 'configuration-changes', ms: 0 }, crash],
    };
}

/** A seed with which the project keeps the configuration of each release. */
const KEEPING = '20';

/** By hand a signal is sent that looks like a deployer's among the engine's events, before the deployer is killed. */
export function* everySignalByHand(calls: readonly Boundary[]): Generator<Plan> {
  for (const kind of ['operator-restart', 'operator-signal'] as const)
    for (const crash of crashesAt(1, calls.slice(0, -1), 'die-before'))
      yield { seed: '0', runs: ['deploy', 'deploy'], faults: [{ run: 1, call: 1, do: kind, ms: 0 }, crash] };
}

/**
 * The boundaries at which a crash differs from another: at an effect, and right after one. A watch looks many times in
 * between, and who dies before one look leaves what it would leave before the next.
 */
function* crashesAt(run: number, calls: readonly Boundary[], kind: FaultKind): Generator<Fault> {
  for (const fault of faultsAt(run, calls, kind)) {
    const index = Number(fault.call) - 1;
    if (calls[index]?.mutates || index === 0 || calls[index - 1]?.mutates) yield fault;
  }
}

/** Every ordered pair of crashes: the first run dies at one boundary, the next at one of those that it then has. */
export async function* everyPairOfCrashes(calls: readonly Boundary[]): AsyncGenerator<Plan> {
  for (const first of crashes.flatMap((kind) => [...crashesAt(1, calls, kind)]))
    for (const next of ['deploy', 'resume'] as const) {
      const plan: Plan = { seed: '0', runs: ['deploy', next], faults: [first] };
      const { calls: made } = await simulate(plan);
      for (const kind of crashes)
        for (const second of crashesAt(2, made[1] ?? [], kind)) yield { ...plan, faults: [first, second] };
    }
}

/**
 * A holder that pauses at each call while somebody on another machine wants to deploy: taken over, and then it wakes,
 * when its successor is at the gate, and when it has switched.
 */
export function* everyPause(calls: readonly Boundary[]): Generator<Plan> {
  for (const rival of ['second-deployer', 'second-release', 'second-in-container'] as const)
    for (const kind of ['freeze', 'freeze-sent', 'suspend'] as const)
      for (const ms of [28_000, 45_000])
        for (let call = 2; call <= calls.length; call++) {
          const faults: Fault[] = [
            { run: 1, call: call - 1, do: rival, ms: 0 },
            { run: 1, call, do: kind, ms },
          ];
          yield { seed: '0', runs: ['deploy'], faults };
        }
}
