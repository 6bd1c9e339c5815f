import { bounded, messageOf } from '@cutover/internal';
import { DeployError } from '../errors.ts';
import { serviceOf } from './decide.ts';
import { describe } from './describe.ts';
import type { Container, RouterSlot, Step } from './model.ts';
import type { Run } from './runner.ts';

const CHECK_TIMEOUT = 5_000;

/** What one look at a candidate found: good, not yet, or never. */
export type Look =
  | { readonly good: true }
  | { readonly good: false; readonly why: string; readonly final?: boolean };

/** Looks at the new slot until it was good often enough and long enough; one bad look starts the count again. */
export async function gate(run: Run, step: Extract<Step, { do: 'gate' }>): Promise<void> {
  const { clock, emit } = run.ports;
  const { consecutive, stableFor, interval, timeout } = run.policy.gate;
  const deadline = clock.now() + timeout;
  let good = 0;
  let since = 0;
  for (;;) {
    const found = await lookAt(run, step);
    if (!found.good && (found.final || clock.now() >= deadline)) throw await refused(run, step, found.why);
    if (found.good && good++ === 0) since = clock.now();
    if (!found.good) good = 0;
    emit({ type: 'progress', step, note: found.good ? `good ${good}` : found.why });
    if (good >= consecutive && clock.now() - since >= stableFor) break;
    if (clock.now() >= deadline)
      throw await refused(run, step, `good for ${Math.round(clock.now() - since)} ms only`);
    await clock.sleep(interval, run.signal);
  }
  run.seen.proven.add(step.container.id);
}

async function lookAt(run: Run, { slot, container }: Extract<Step, { do: 'gate' }>): Promise<Look> {
  const [containers, router] = await Promise.all([run.ports.engine.observe(), run.ports.router.observe()]);
  const now = containers.find(({ id }) => id === container.id);
  const stated = judge(container, now, router.slots[slot]);
  return stated.good ? runChecks(run) : stated;
}

/** Container and router, judged together: pure, so that each rule can be seen and tested alone. */
export function judge(before: Container, now: Container | undefined, router: RouterSlot | undefined): Look {
  if (!now) return { good: false, final: true, why: 'the container is gone' };
  if (!now.running)
    return { good: false, final: true, why: `the container exited with code ${now.exitCode}` };
  if (now.restarts > before.restarts) return { good: false, final: true, why: 'the container restarts' };
  if (now.health === 'unhealthy') return { good: false, final: true, why: 'its health check says unhealthy' };
  if (now.health === 'starting') return { good: false, why: 'its health check has not passed yet' };
  if (!router?.up) return { good: false, why: 'the router does not see it up yet' };
  if (router.address && !now.addresses.includes(router.address)) {
    return { good: false, why: `the router still looks at ${router.address}, not at this container` };
  }
  return { good: true };
}

async function runChecks({ policy, signal, ports: { clock } }: Run): Promise<Look> {
  for (const check of policy.gate.checks) {
    try {
      await bounded({ timeout: CHECK_TIMEOUT, signal, clock }, (inner) => check.run({ signal: inner }));
    } catch (error) {
      signal?.throwIfAborted();
      return { good: false, why: `${check.name}: ${messageOf(error)}` };
    }
  }
  return { good: true };
}

/** Its output goes with it when it is removed, so the end of it is told first. */
async function refused(run: Run, step: Extract<Step, { do: 'gate' }>, why: string): Promise<DeployError> {
  const { engine, emit } = run.ports;
  const lines = await engine.tail(step.container, 20).catch(() => []);
  emit({ type: 'output', container: step.container.name, lines });
  return new DeployError(
    'gate-failed',
    {
      doing: describe(step),
      found: why,
      wanted: `${run.policy.gate.consecutive} good looks in a row over ${run.policy.gate.stableFor} ms within ${run.policy.gate.timeout} ms`,
      fix: `read the output of ${serviceOf(run, step.slot)} above, mend the release and deploy it again`,
    },
    { facts: { slot: step.slot, output: lines } },
  );
}
