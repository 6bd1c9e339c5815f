import { GATE_RULES, gateVerdict, observe, openGate } from '@cutover/healthcheck/gate';
import { type Container, lifeOf } from '../domain/container.ts';
import { DeployError } from '../domain/errors.ts';
import { isFit } from '../domain/fitness.ts';
import { otherSlot, type SlotName, slotInWords } from '../domain/layout.ts';
import { containersOfSlot, including, type Situation, withProofs } from '../domain/situation.ts';
import { emitLogs } from '../run/logs.ts';
import { cancelSignal, type Run } from '../run/run.ts';
import { servicesOf } from './containers.ts';
import { type Fault, faultIn } from './gate-faults.ts';
import { type Kind, summaryOf } from './kind.ts';

export interface Gate {
  readonly do: 'gate';
  readonly slot: SlotName;
  readonly containers: readonly Container[];
}

/** Looks at each container of the new slot until all were good often enough and long enough, without coming and going. */
export const gate = {
  failure: 'gate-failed',

  /** A proof lapses when the container starts again, or does not look good any more. */
  next: (s: Situation, slot: SlotName): Gate | undefined =>
    isFit(s, slot) ? undefined : { do: 'gate', slot, containers: containersOfSlot(s, slot) },

  describe({ slot, containers }) {
    const services = servicesOf(containers);
    return { text: `prove ${slot} (${services.join(', ')})`, slot, services };
  },

  predict: (s, { slot, containers }) => ({
    ...withProofs(s, { proven: including(s.progress.proven, containers) }),
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
    const fault = await faultIn(run, step);
    const now = clock.now();
    if (fault && (fault.final || now >= deadline)) throw await refused(run, step, fault);
    progress = observe(progress, { good: !fault, at: now }, rules);
    const note = fault ? fault.why : `good ${progress.streak}`;
    emit({ type: 'progress', step: summaryOf(gate, step), note });
    const verdict = gateVerdict(progress, now, rules);
    if (verdict === 'passed') break;
    if (verdict === 'flapping') throw await refused(run, step, { ...fault, why: 'it comes and goes' });
    if (now >= deadline)
      throw await refused(run, step, {
        why: `good for ${Math.round(now - (progress.goodSince ?? now))} ms only`,
      });
    await clock.sleep(interval, cancelSignal(run));
  }
  for (const container of step.containers) run.seen.proven.add(lifeOf(container));
}

/** Not of a slot that has some traffic: calling it down would make it so. */
async function forgetOldChecks({ ports: { router }, layout, lock }: Run, { slot }: Gate): Promise<void> {
  if (!router.warm || (await router.observe()).live !== otherSlot(layout, slot)) return;
  await lock.confirm();
  await router.warm(slot);
}

async function refused(run: Run, step: Gate, { why, container }: Fault): Promise<DeployError> {
  const { consecutive, stableFor, timeout } = run.policy.gate;
  const { lines, check } = await emitLogs(run, container ?? step.containers[0]);
  return new DeployError(
    'gate-failed',
    {
      doing: gate.describe(step).text,
      found: why,
      wanted: `${consecutive} good looks in a row over ${stableFor} ms within ${timeout} ms`,
      fix: `read the output of ${slotInWords(run.layout, step.slot)} above, fix the release and deploy it again`,
    },
    { facts: { slot: step.slot, output: lines, check } },
  );
}
