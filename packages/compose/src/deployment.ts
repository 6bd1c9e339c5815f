import { messageOf } from '@cutover/internal';
import { decide } from './core/decide.ts';
import { latest, remember, unfinished } from './core/journal.ts';
import { lifeOf } from './core/judge.ts';
import type {
  Image,
  Intent,
  JournalEntry,
  Outcome,
  Release,
  Situation,
  SlotName,
  Step,
} from './core/model.ts';
import { observe } from './core/observe.ts';
import { planFrom } from './core/predict.ts';
import { PROBE_TIMEOUT, probe } from './core/probe.ts';
import { retryingPorts } from './core/retries.ts';
import { nothingSeen, type Run, write } from './core/run.ts';
import { converge } from './core/runner.ts';
import { endedBadly, wentBack } from './ending.ts';
import { DeployError } from './errors.ts';
import type { StopVerdict } from './events.ts';
import { chooseTarget, formIntent } from './intent.ts';
import type { Settings } from './options.ts';
import type { Lock, Ports } from './ports.ts';

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

/** What a deployment is asked for. */
export interface Order {
  readonly kind: Intent['kind'];
  readonly release: Release;
  readonly slot?: SlotName | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Context {
  readonly settings: Settings;
  readonly ports: Ports;
}

type Done = Pick<DeployResult, 'outcome' | 'previous' | 'live'>;

/** Nothing to do, or: lock → finish or undo what somebody left → do it. */
export async function deployRelease(context: Context, order: Order): Promise<Done> {
  const { ledger, emit } = context.ports;
  const asked = await intend(context, order);
  if (asked.settled && !unfinished(await ledger.read())) {
    emit({ type: 'unchanged', release: order.release.id, live: asked.intent.target });
    return doneBy(asked.intent, 'unchanged');
  }
  return holdingLock(context, `${order.kind} of ${order.release.id}`, async (lock) => {
    const left = await finishLeftover(context, lock, order);
    if (left && failedAlready(left, order)) throw await wentBack(left.run);
    const { intent, settled } = await intend(context, order);
    if (settled) {
      if (left) await assertAnswered(left.run);
      return { ...doneBy(intent, 'deployed'), previous: left?.run.intent.release.id ?? intent.previous.id };
    }
    const run = newRun(context, lock, intent, [], order.signal);
    await write(run, { type: 'intent', intent });
    const outcome = await conduct(context, run, false);
    if (outcome === 'reverted') throw await wentBack(run);
    return doneBy(intent, outcome);
  });
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
): Promise<{ target: SlotName; steps: readonly Step[] }> {
  const { intent, situation } = await intend(context, order);
  return { target: intent.target, steps: planFrom(situation) };
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

/** What somebody left, and how it ended. */
interface Leftover {
  readonly run: Run;
  readonly outcome: Outcome;
}

async function finishLeftover(
  context: Context,
  lock: Lock,
  order: Partial<Order>,
): Promise<Leftover | undefined> {
  const { ledger, router } = context.ports;
  const journal = latest(await ledger.read());
  const intent = unfinished(journal);
  if (!intent) return undefined;
  const run = newRun(context, lock, intent, [...journal], order.signal);
  const { live } = await router.observe();
  const reason = reasonToUndo(intent, live, order);
  if (reason !== undefined && remember(journal).direction === 'forward') {
    await write(run, { type: 'undo', reason });
  }
  return { run, outcome: await conduct(context, run, true) };
}

/**
 * Why what was left is undone rather than finished. Who wants back what ran before gets it by the way back, which is
 * one switch while the old slot is warm. Otherwise, once traffic is on the new slot, the way on is the shorter one;
 * before that only the same release goes on.
 */
function reasonToUndo(intent: Intent, live: SlotName, { kind, release }: Partial<Order>): string | undefined {
  const { previous } = intent;
  if (kind === 'rollback') return `a rollback to ${previous.id} was asked for`;
  if (release && previous.slot && sameImages(release, { ...previous, slot: previous.slot }))
    return `${release.id}, which ran before, was asked for`;
  if (live === intent.target || (release && sameImages(release, intent.release))) return undefined;
  return 'the process that deployed it has ended';
}

/** The very release that was asked for has been tried just now, and was sent back. */
const failedAlready = ({ run, outcome }: Leftover, { release }: Order): boolean =>
  outcome === 'reverted' && run.seen.failure !== undefined && sameImages(release, run.intent.release);

/** What was asked for has the traffic by the way back of what was left: said only once a request was answered well. */
async function assertAnswered(run: Run): Promise<void> {
  const { previous } = run.intent;
  try {
    await probe(run, PROBE_TIMEOUT);
  } catch (error) {
    run.seen.failure = new DeployError(
      'switch-failed',
      {
        doing: `going back to ${previous.id}`,
        found: `a request through the router failed: ${messageOf(error)}`,
        wanted: 'a good answer',
        fix: `read the output of ${previous.id}, and deploy a release that serves`,
      },
      { cause: error },
    );
    throw await wentBack(run);
  }
}

async function conduct({ ports }: Context, run: Run, resumed: boolean): Promise<Outcome> {
  const { emit, clock } = ports;
  const begun = clock.now();
  emit({ type: 'deploying', intent: run.intent, resumed });
  try {
    const outcome = await converge(run);
    emit({ type: 'ended', outcome, duration: clock.now() - begun });
    // What a prune leaves behind is no reason to fail.
    await run.lock.prune().catch(() => {});
    return outcome;
  } catch (error) {
    throw await endedBadly(run, error);
  }
}

/** The intent as things stand now, and whether everything is so already. */
async function intend({ settings, ports }: Context, { kind, release, slot }: Order) {
  const { layout } = settings;
  const { containers, router } = await observe(ports);
  const target = chooseTarget(layout, { containers, router }, release, slot);
  const known = await ports.ledger.read();
  const intent = await formIntent(
    ports.engine,
    layout,
    { containers, router },
    { id: ports.newId(), kind, target, release, knownAs: (image) => releaseOf(known, image) },
  );
  // What runs is taken to be as good as it looks: only a step that would change something counts.
  const proven = new Set(containers.map(lifeOf));
  const progress = { ...remember([]), ...nothingSeen(), proven };
  const situation: Situation = { containers, router, layout, intent, progress };
  return { intent, situation, settled: decide(situation).do === 'finish' };
}

/** What people called the release of which this image was the slots'. */
function releaseOf(journal: readonly JournalEntry[], image: Image['id']): string | undefined {
  const found = journal.findLast(
    (entry) => entry.type === 'intent' && entry.intent.release.slot.id === image,
  );
  return found?.type === 'intent' ? found.intent.release.id : undefined;
}

const sameImages = (a: Release, b: Release): boolean =>
  a.slot.id === b.slot.id &&
  Object.entries(a.background).every(([service, { id }]) => b.background[service]?.id === id);

function newRun(
  { settings, ports }: Context,
  lock: Lock,
  intent: Intent,
  journal: JournalEntry[],
  signal: AbortSignal | undefined,
): Run {
  const { layout, policy } = settings;
  return { ports: retryingPorts(ports), layout, policy, intent, lock, signal, journal, seen: nothingSeen() };
}

/** Whoever had the lock before can do no more harm at the router before anything is decided from what it shows. */
async function holdingLock<T>(
  { ports }: Context,
  purpose: string,
  work: (lock: Lock) => Promise<T>,
): Promise<T> {
  const lock = await ports.ledger.acquire(purpose);
  try {
    await retryingPorts(ports).router.fence?.(lock.confirm);
    return await work(lock);
  } finally {
    // A lock that cannot be given back is taken over once this process has ended.
    await lock.release().catch(() => {});
  }
}
