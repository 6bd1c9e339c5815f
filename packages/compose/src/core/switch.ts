import { bounded } from '@cutover/internal';
import { DeployError } from '../errors.ts';
import { isFit, serviceOf } from './decide.ts';
import { describe } from './describe.ts';
import { tellOutput } from './gate.ts';
import type { Step } from './model.ts';
import { look, type Run, write } from './runner.ts';

const PROBE_TIMEOUT = 5_000;
/** Milliseconds after which a hook counts as hung. */
const HOOK_TIMEOUT = 300_000;

/** The commit point: intent, effect, read back, and one request through the router. */
export async function switchTraffic(run: Run, step: Extract<Step, { do: 'switch' }>): Promise<void> {
  const { router } = run.ports;
  const { hooks } = run.policy;
  const forward = step.to === run.intent.target;
  const facts = { release: run.intent.release.id, to: step.to };
  if (forward) await within(run, HOOK_TIMEOUT, async () => hooks.beforeSwitch?.(facts));
  await write(run, { type: 'switching', to: step.to });
  await router.switchTo(step.to, step.from, () => confirm(run, step));
  // Whichever slot was seen empty may have had traffic since.
  run.seen.drained.clear();
  const { live } = await router.observe();
  if (live !== step.to) {
    throw new DeployError('switch-failed', {
      doing: describe(step),
      found: `the router took the command and still says ${live}`,
      wanted: step.to,
      fix: 'look for another program that steers the router',
    });
  }
  await probe(run);
  if (forward) await within(run, HOOK_TIMEOUT, async () => hooks.afterSwitch?.(facts));
}

/** The last look before the commit: a hook or a slow answer may have taken minutes since the decision. */
async function confirm(run: Run, step: Extract<Step, { do: 'switch' }>): Promise<void> {
  const situation = await look(run);
  if (!isFit(situation, step.to)) {
    const service = serviceOf(situation, step.to);
    for (const container of situation.containers)
      if (container.service === service) await tellOutput(run, container);
    throw new DeployError('switch-failed', {
      doing: describe(step),
      found: `${step.to} is not ready any more`,
      wanted: 'the slot as it was proven',
      fix: `read the output of ${service} above, mend what ended it and deploy again`,
    });
  }
  await run.lock.confirm();
}

/** One request through the router, where it has a way to send one. */
export async function probe(run: Run): Promise<void> {
  const { router } = run.ports;
  if (router.probe) await within(run, PROBE_TIMEOUT, router.probe);
}

const within = ({ ports: { clock } }: Run, timeout: number, work: (signal: AbortSignal) => Promise<void>) =>
  bounded({ timeout, clock }, work);
