import { messageOf } from '@cutover/internal';
import { lifeOf } from '../domain/container.ts';
import { DeployError } from '../domain/errors.ts';
import { canServe, isFit } from '../domain/fitness.ts';
import { otherSlot, type SlotName, slotInWords } from '../domain/layout.ts';
import { assert, containersOfSlot, type Situation } from '../domain/situation.ts';
import { runHook } from '../run/hook.ts';
import { emitLogsOf } from '../run/logs.ts';
import { MOMENT } from '../run/observe.ts';
import { PROBE_TIMEOUT, probe } from '../run/probe.ts';
import { cancelSignal, leaveBehind, lookAtSlots, type Run, write } from '../run/run.ts';
import { countedBefore } from '../run/traffic.ts';
import { whileWatched } from '../run/while-watched.ts';
import { type Kind, summaryOf } from './kind.ts';

export interface Switch {
  readonly do: 'switch';
  readonly to: SlotName;
  readonly from: SlotName;
  /** Some instances of the router have it already. */
  readonly isRest?: boolean;
}

/** The commit point: intent, effect, read back, and one request through the router. */
export const switchTraffic = {
  failure: 'switch-failed',
  steersRouter: true,

  next: (s: Situation, to: SlotName): Switch | undefined =>
    s.router.live === to
      ? undefined
      : { do: 'switch', to, from: otherSlot(s.layout, to), isRest: s.router.live === undefined },

  describe: ({ to, from, isRest }) => ({
    text: `switch ${isRest ? 'the rest of the traffic' : 'traffic'} from ${from} to ${to}`,
    slot: to,
  }),
  predict: (s, { to }) => ({ ...s, router: { ...s.router, live: to } }),

  assertSafe(s, { to }) {
    const { direction, proven } = s.progress;
    assert(s.router.slots[to]?.up, `the router sees ${to} down and was asked to send traffic there`);
    const running = containersOfSlot(s, to).filter((container) => container.running);
    assert(
      direction === 'back' || running.every((container) => proven.has(lifeOf(container))),
      `${to} was not proven by the gate`,
    );
  },

  async perform(run, step, s): Promise<void> {
    const isForward = step.to === run.intent.target;
    if (isForward) await runHook(run, 'beforeSwitch', step.to);
    cancelSignal(run)?.throwIfAborted();
    const lives = containersOfSlot(s, step.to).map(lifeOf);
    const counted = isForward ? await countedBefore(run, step) : undefined;
    await write(run, { type: 'switching', to: step.to, lives, counted });
    const reached = await command(run, step);
    // Whichever slot was seen empty may have had traffic since.
    run.seen.drained.clear();
    if (reached === 'some') return;
    if (!isForward) return afterWayBack(run, step);
    await whileWatched(run, async (watched) => {
      await probe(watched, PROBE_TIMEOUT);
      await runHook(watched, 'afterSwitch', step.to);
    });
  },
} satisfies Kind<Switch> & Record<'next', unknown>;

/**
 * Of several instances of the router some may have taken it and others not: the rest follow, once, if the new slot still
 * holds. None has taken it, or the rest refuse: back.
 */
async function command(run: Run, step: Switch): Promise<'all' | 'some'> {
  const { router } = run.ports;
  const mayFollow = step.to === run.intent.target && !step.isRest;
  try {
    await router.switchTo(step.to, step.from, () => confirm(run, step));
  } catch (error) {
    // It may be on its way still: nothing is decided before the router would refuse it.
    await router.fence?.(run.lock.confirm);
    if (mayFollow && (await router.observe()).live === undefined) return 'some';
    throw error;
  }
  const { live } = await router.observe();
  if (live === step.to) return 'all';
  if (mayFollow && live === undefined) return 'some';
  throw new DeployError('switch-failed', {
    doing: switchTraffic.describe(step).text,
    found: `the router took the command and still says ${live ?? 'both slots'}`,
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
  if (!(step.to === run.intent.target ? isFit : canServe)(situation, step.to)) {
    await emitLogsOf(run, situation, step.to);
    throw new DeployError('switch-failed', {
      doing: switchTraffic.describe(step).text,
      found: `${step.to} is not ready any more`,
      wanted: 'the slot as it was proven',
      fix: `read the output of ${slotInWords(run.layout, step.to)} above, fix what ended it and deploy again`,
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
      step: summaryOf(switchTraffic, step),
      note: `a request through the router failed: ${messageOf(error)}`,
    }),
  );
  if (run.seen.failure?.code === 'watch-failed')
    leaveBehind(
      run,
      lookAtSlots(run).then((now) => emitLogsOf(run, now, step.from)),
    );
}
