import { messageOf } from '@cutover/internal';
import { DeployError } from '../domain/errors.ts';
import type { Intent, Outcome } from '../domain/intent.ts';
import { latest, remember, unfinished } from '../domain/journal.ts';
import { type SlotName, slotInWords } from '../domain/layout.ts';
import { isSameRelease } from '../domain/release.ts';
import type { Lock } from '../ports/index.ts';
import { type Context, conduct, newRun, type Order } from './conduct.ts';
import { wentBack } from './ending.ts';
import { PROBE_TIMEOUT, probe } from './probe.ts';
import { type Run, write } from './run.ts';

/** A deployment that a dead process left, and how it ended. */
export interface Leftover {
  readonly run: Run;
  readonly outcome: Outcome;
}

/** Finishes or undoes what a dead process left; undefined when nothing was left. */
export async function finishLeftover(
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
 * one switch while the old slot is warm. Otherwise, once some traffic is on the new slot, the way on is the shorter one;
 * before that only the same release goes on.
 */
function reasonToUndo(
  intent: Intent,
  live: SlotName | undefined,
  { kind, release }: Partial<Order>,
): string | undefined {
  const { previous } = intent;
  if (kind === 'rollback') return `a rollback to ${previous.id} was asked for`;
  if (release && isSameRelease(release, intent.release)) return undefined;
  const { slots } = previous;
  if (release && slots && isSameRelease(release, { ...previous, slots, jobs: {} }))
    return `${release.id}, which ran before, was asked for`;
  if (live === intent.target || live === undefined) return undefined;
  return 'the process that deployed it has ended';
}

/** The very release that was asked for has been tried just now, and was sent back. */
export const failedAlready = ({ run, outcome }: Leftover, { release }: Order): boolean =>
  outcome === 'reverted' && run.seen.failure !== undefined && isSameRelease(release, run.intent.release);

/** What was asked for has the traffic by the way back of what was left: said only once a request was answered well. */
export async function assertAnswered(run: Run): Promise<void> {
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
        fix: `read the log of ${slotInWords(run.layout, run.intent.origin)}, which has the traffic, and deploy a release that answers well`,
      },
      { cause: error },
    );
    throw await wentBack(run);
  }
}
