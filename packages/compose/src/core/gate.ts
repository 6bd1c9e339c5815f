import { GATE_RULES, gateVerdict, observe, openGate } from '@cutover/healthcheck/gate';
import { bounded, messageOf } from '@cutover/internal';
import { DeployError } from '../errors.ts';
import { serviceOf } from './decide.ts';
import { describe } from './describe.ts';
import { judge, type Look, lifeOf } from './judge.ts';
import { emitLogs } from './logs.ts';
import type { Step } from './model.ts';
import { observe as see } from './observe.ts';
import { cutBy, type Run } from './run.ts';

const CHECK_TIMEOUT = 5_000;

/** Looks at the new slot until it was good often enough and long enough, and without coming and going. */
export async function gate(run: Run, step: Extract<Step, { do: 'gate' }>): Promise<void> {
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
    emit({ type: 'progress', step, note: found.good ? `good ${progress.streak}` : found.why });
    const verdict = gateVerdict(progress, now, rules);
    if (verdict === 'passed') break;
    if (verdict === 'flapping') throw await refused(run, step, 'it comes and goes');
    if (now >= deadline)
      throw await refused(run, step, `good for ${Math.round(now - (progress.goodSince ?? now))} ms only`);
    await clock.sleep(interval, cutBy(run));
  }
  run.seen.proven.add(lifeOf(step.container));
}

/** Not of the slot that has the traffic: calling that one down would make it so. */
async function forgetOldChecks(
  { ports: { router }, lock }: Run,
  { slot }: Extract<Step, { do: 'gate' }>,
): Promise<void> {
  if (!router.warm || (await router.observe()).live === slot) return;
  await lock.confirm();
  await router.warm(slot);
}

async function lookAt(run: Run, { slot, container }: Extract<Step, { do: 'gate' }>): Promise<Look> {
  const { containers, router } = await see(run.ports);
  const now = containers.find(({ id }) => id === container.id);
  const seen = router.slots[slot];
  const stated = judge(container, now, seen && { ...seen, up: seen.settled ?? seen.up });
  return stated.good ? runChecks(run) : stated;
}

async function runChecks(run: Run): Promise<Look> {
  const { policy, ports } = run;
  const { clock } = ports;
  const signal = cutBy(run);
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

async function refused(run: Run, step: Extract<Step, { do: 'gate' }>, why: string): Promise<DeployError> {
  const lines = await emitLogs(run, step.container);
  return new DeployError(
    'gate-failed',
    {
      doing: describe(step),
      found: why,
      wanted: `${run.policy.gate.consecutive} good looks in a row over ${run.policy.gate.stableFor} ms within ${run.policy.gate.timeout} ms`,
      fix: `read the output of ${serviceOf(run, step.slot)} above, fix the release and deploy it again`,
    },
    { facts: { slot: step.slot, output: lines } },
  );
}
