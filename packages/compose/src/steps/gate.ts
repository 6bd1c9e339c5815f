import { GATE_RULES, gateVerdict, observe, openGate } from '@cutover/healthcheck/gate';
import { bounded, messageOf } from '@cutover/internal';
import { type Container, judge, lifeOf, type ProbeResult } from '../domain/container.ts';
import { DeployError } from '../domain/errors.ts';
import { type SlotName, serviceOf } from '../domain/layout.ts';
import { containersOfSlot, including, isFit, only, type Situation, withProofs } from '../domain/situation.ts';
import { emitLogs } from '../run/logs.ts';
import { observe as see } from '../run/observe.ts';
import { cancelSignal, type Run } from '../run/run.ts';
import { type Kind, summaryOf } from './kind.ts';

export interface Gate {
  readonly do: 'gate';
  readonly slot: SlotName;
  readonly container: Container;
}

const CHECK_TIMEOUT = 5_000;

/** Looks at the new slot until it was good often enough and long enough, and without coming and going. */
export const gate = {
  failure: 'gate-failed',

  /** A proof lapses when the container starts again, or does not look good any more. */
  next: (s: Situation, slot: SlotName): Gate | undefined =>
    isFit(s, slot) ? undefined : { do: 'gate', slot, container: only(containersOfSlot(s, slot)) },

  describe: ({ slot, container: { service } }) => ({
    text: `prove ${slot} (${service})`,
    slot,
    services: [service],
  }),

  predict: (s, { slot, container }) => ({
    ...withProofs(s, { proven: including(s.progress.proven, [container]) }),
    router: { ...s.router, slots: { ...s.router.slots, [slot]: { up: true, sessions: 0 } } },
  }),

  perform: prove,
} satisfies Kind<Gate> & Record<'next', unknown>;

async function prove(run: Run, step: Gate): Promise<void> {
  const { clock, emit } = run.ports;
  const { consecutive, stableFor, interval, timeout } = run.policy.gate;
  const rules = { ...GATE_RULES, passes: consecutive, stableFor };
  const deadline = clock.now() + timeout;
  await forgetOldChecks(run, step);
  for (let progress = openGate; ; ) {
    const found = await lookAt(run, step);
    const now = clock.now();
    if (!found.good && (found.final || now >= deadline)) throw await refused(run, step, found.why);
    progress = observe(progress, { good: found.good, at: now }, rules);
    emit({
      type: 'progress',
      step: summaryOf(gate, step),
      note: found.good ? `good ${progress.streak}` : found.why,
    });
    const verdict = gateVerdict(progress, now, rules);
    if (verdict === 'passed') break;
    if (verdict === 'flapping') throw await refused(run, step, 'it comes and goes');
    if (now >= deadline)
      throw await refused(run, step, `good for ${Math.round(now - (progress.goodSince ?? now))} ms only`);
    await clock.sleep(interval, cancelSignal(run));
  }
  run.seen.proven.add(lifeOf(step.container));
}

/** Not of the slot that has the traffic: calling that one down would make it so. */
async function forgetOldChecks({ ports: { router }, lock }: Run, { slot }: Gate): Promise<void> {
  if (!router.warm || (await router.observe()).live === slot) return;
  await lock.confirm();
  await router.warm(slot);
}

async function lookAt(run: Run, { slot, container }: Gate): Promise<ProbeResult> {
  const { containers, router } = await see(run.ports);
  const now = containers.find(({ id }) => id === container.id);
  const seen = router.slots[slot];
  const settled = seen && { ...seen, up: seen.settled ?? seen.up };
  const stated = judge(container, now, settled, run.policy.gate.unhealthy);
  return stated.good ? runChecks(run) : stated;
}

async function runChecks(run: Run): Promise<ProbeResult> {
  const { policy, ports } = run;
  const { clock } = ports;
  const signal = cancelSignal(run);
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

async function refused(run: Run, step: Gate, why: string): Promise<DeployError> {
  const { lines, check } = await emitLogs(run, step.container);
  return new DeployError(
    'gate-failed',
    {
      doing: gate.describe(step).text,
      found: why,
      wanted: `${run.policy.gate.consecutive} good looks in a row over ${run.policy.gate.stableFor} ms within ${run.policy.gate.timeout} ms`,
      fix: `read the output of ${serviceOf(run.layout, step.slot)} above, fix the release and deploy it again`,
    },
    { facts: { slot: step.slot, output: lines, check } },
  );
}
