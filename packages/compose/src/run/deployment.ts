import { lifeOf } from '../domain/container.ts';
import type { StepSummary, StopVerdict } from '../domain/events.ts';
import type { Intent, Outcome } from '../domain/intent.ts';
import { remember, unfinished } from '../domain/journal.ts';
import type { SlotName } from '../domain/layout.ts';
import { liveSlot } from '../domain/live-slot.ts';
import { isSameRelease } from '../domain/release.ts';
import type { Situation } from '../domain/situation.ts';
import { chooseTarget, formIntent } from '../intent/form.ts';
import { assertRoom } from '../intent/room.ts';
import { describe } from '../steps/index.ts';
import { type Context, conduct, holdingLock, newRun, type Order } from './conduct.ts';
import { decide } from './decide.ts';
import { wentBack } from './ending.ts';
import { assertAnswered, failedAlready, finishLeftover } from './leftover.ts';
import { observe } from './observe.ts';
import { planFrom } from './plan.ts';
import { nothingSeen, write } from './run.ts';
import { untouched } from './untouched.ts';

/** How a deployment ended that did what was asked; one that did not throws. */
export interface DeployResult {
  /** `unchanged`: everything ran on the release already, and nothing was touched. */
  readonly outcome: 'deployed' | 'unchanged';
  readonly release: string;
  /** What ran before. */
  readonly previous: string;
  /** The slot that has the traffic now. */
  readonly live: SlotName;
  /** Milliseconds that it took. */
  readonly duration: number;
  /** How each container that was stopped has ended. */
  readonly stops: readonly StopVerdict[];
}

type Done = Pick<DeployResult, 'outcome' | 'previous' | 'live'>;

/** Nothing to do, or: lock → finish or undo what somebody left → do it. */
export async function deployRelease(context: Context, order: Order): Promise<Done> {
  const { ledger, emit } = context.ports;
  if (!unfinished(await ledger.read())) {
    const { intent, settled } = await intend(context, order);
    if (settled) {
      emit({ type: 'unchanged', release: order.release.id, live: intent.target });
      return doneBy(intent, 'unchanged');
    }
  }
  return holdingLock(context, `${order.kind} of ${order.release.id}`, async (lock) => {
    const left = await finishLeftover(context, lock, order);
    if (left && failedAlready(left, order)) throw await wentBack(left.run);
    const facts = left && { leftover: left.outcome };
    const { intent, settled } = await untouched('deploying', { facts }, () => intend(context, order));
    if (settled) {
      if (left) await assertAnswered(left.run);
      return { ...doneBy(intent, 'deployed'), previous: left?.run.intent.release.id ?? intent.previous.id };
    }
    const noted = await untouched('deploying', { facts }, () => keeping(context, order, intent));
    const run = newRun(context, lock, noted, [], order.signal);
    await untouched('deploying', { facts }, () => write(run, { type: 'intent', intent: noted }));
    const outcome = await conduct(context, run, false);
    if (outcome === 'reverted') throw await wentBack(run);
    return doneBy(intent, outcome);
  });
}

/**
 * Kept before it is noted where: what a process leaves that dies in between, the next prune removes. Where the
 * configuration has changed since it was read, the deployment is formed anew from what was kept.
 */
async function keeping(context: Context, order: Order, intent: Intent): Promise<Intent> {
  const kept = intent.kind === 'rollback' ? undefined : await context.ports.engine.keep();
  if (!kept) return intent;
  const release = { ...intent.release, kept: kept.id, configuration: kept.configuration };
  if (isSameRelease(release, intent.release)) return { ...intent, release };
  return (await intend(context, { ...order, release })).intent;
}

const doneBy = ({ previous, target }: Intent, outcome: Done['outcome']): Done => ({
  outcome,
  previous: previous.id,
  live: target,
});

/** What `deployRelease` would do now. */
export async function planRelease(
  context: Context,
  order: Order,
): Promise<{ target: SlotName; because: readonly string[]; steps: readonly StepSummary[] }> {
  const { intent, situation } = await intend(context, order);
  return {
    target: intent.target,
    because: intent.because,
    steps: planFrom(situation).map(describe),
  };
}

/** Finishes or undoes what a dead process left; undefined when nothing was left. */
export async function resumeDeployment(context: Context, signal?: AbortSignal): Promise<Outcome | undefined> {
  if (!unfinished(await context.ports.ledger.read())) return undefined;
  return holdingLock(
    context,
    'resume',
    async (lock) => (await finishLeftover(context, lock, { signal }))?.outcome,
  );
}

/** The intent as things stand now, and whether everything is so already. */
async function intend({ settings: { layout }, ports }: Context, { kind, release, slot }: Order) {
  const now = await observe(ports);
  const live = liveSlot(now.router);
  const beginning = { kind, layout, now, live, journal: await ports.ledger.read(), release };
  const target = chooseTarget(beginning, slot);
  const intent = await formIntent(ports.engine, beginning, {
    id: ports.newId(),
    target,
    by: ports.author(),
    began: ports.date(),
  });
  assertRoom(layout, now.router, intent);
  // What runs is taken to be as good as it looks: only a step that would change something counts.
  const proven = new Set(now.containers.map(lifeOf));
  const progress = { ...remember([]), ...nothingSeen(), proven };
  const situation: Situation = { ...now, layout, intent, progress };
  return { intent, situation, settled: decide(situation).do === 'finish' };
}
