import { bounded, messageOf } from '@cutover/internal';
import { DeployError } from '../errors.ts';
import { isFit, serviceOf } from './decide.ts';
import { describe } from './describe.ts';
import { lifeOf } from './judge.ts';
import { emitLogsOf } from './logs.ts';
import type { Situation, Step } from './model.ts';
import { MOMENT } from './observe.ts';
import { PROBE_TIMEOUT, probe } from './probe.ts';
import { lookAtSlots, type Run, write } from './run.ts';
import { whileWatched } from './watch.ts';

type Switch = Extract<Step, { do: 'switch' }>;

/** Milliseconds after which a hook counts as hung. */
const HOOK_TIMEOUT = 300_000;

/** The commit point: intent, effect, read back, and one request through the router. */
export async function switchTraffic(run: Run, s: Situation, step: Switch): Promise<void> {
  const forward = step.to === run.intent.target;
  if (forward) await hook(run, 'beforeSwitch', step);
  await write(run, { type: 'switching', to: step.to, lives: livesIn(s, step.to) });
  await command(run, step);
  // Whichever slot was seen empty may have had traffic since.
  run.seen.drained.clear();
  if (!forward) return afterWayBack(run, step);
  await whileWatched(run, async (watched) => {
    await probe(watched, PROBE_TIMEOUT);
    await hook(watched, 'afterSwitch', step);
  });
}

const livesIn = (s: Situation, slot: string): readonly string[] =>
  s.containers.filter(({ service }) => service === serviceOf(s, slot)).map(lifeOf);

async function command(run: Run, step: Switch): Promise<void> {
  const { router } = run.ports;
  try {
    await router.switchTo(step.to, step.from, () => confirm(run, step));
  } catch (error) {
    // It may be on its way still: nothing is decided before the router would refuse it.
    await router.fence?.(run.lock.confirm);
    throw error;
  }
  const { live } = await router.observe();
  if (live === step.to) return;
  throw new DeployError('switch-failed', {
    doing: describe(step),
    found: `the router took the command and still says ${live}`,
    wanted: step.to,
    fix: 'look for another program that steers the router',
  });
}

/**
 * The last look before the commit: a hook or a slow answer may have taken minutes since the decision. Slot and lock are
 * seen at one moment, or both again.
 */
async function confirm(run: Run, step: Switch): Promise<void> {
  const { clock } = run.ports;
  let begun: number;
  do {
    begun = clock.now();
    await assertFit(run, step);
    await run.lock.confirm();
  } while (clock.now() - begun > MOMENT);
}

async function assertFit(run: Run, step: Switch): Promise<void> {
  const situation = await lookAtSlots(run);
  if (!isFit(situation, step.to)) {
    await emitLogsOf(run, situation, step.to);
    throw new DeployError('switch-failed', {
      doing: describe(step),
      found: `${step.to} is not ready any more`,
      wanted: 'the slot as it was proven',
      fix: `read the output of ${serviceOf(run, step.to)} above, fix what ended it and deploy again`,
    });
  }
}

/**
 * The old slot served before: a bad answer now is worth a word, and no reason to leave the rest undone. What the new one
 * said is shown only now, since traffic comes first.
 */
async function afterWayBack(run: Run, step: Switch): Promise<void> {
  await probe(run, PROBE_TIMEOUT).catch((error: unknown) =>
    run.ports.emit({
      type: 'progress',
      step,
      note: `a request through the router failed: ${messageOf(error)}`,
    }),
  );
  if (run.seen.failure?.code === 'watch-failed')
    run.seen.pending.push(lookAtSlots(run).then((now) => emitLogsOf(run, now, step.from)));
}

async function hook(run: Run, name: 'beforeSwitch' | 'afterSwitch', { to }: Switch): Promise<void> {
  const { ports, policy, intent } = run;
  const facts = { release: intent.release.id, to };
  await bounded({ timeout: HOOK_TIMEOUT, clock: ports.clock }, async () => policy.hooks[name]?.(facts));
}
