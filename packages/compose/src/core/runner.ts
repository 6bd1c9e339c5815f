import { DeployError } from '../errors.ts';
import type { Lock, Ports } from '../ports.ts';
import { decide, isWarm } from './decide.ts';
import { asDeployError } from './failure.ts';
import { assertSafe } from './invariants.ts';
import { remember } from './journal.ts';
import type { Intent, JournalEntry, Layout, Outcome, Situation, Step } from './model.ts';
import { observe } from './observe.ts';
import { perform, prefer } from './perform.ts';
import type { Policy } from './policy.ts';
import { MOST_STEPS } from './predict.ts';

/** One deployment by one process: what it was given, and what it has seen so far. */
export interface Run {
  readonly ports: Ports;
  readonly layout: Layout;
  readonly policy: Policy;
  readonly intent: Intent;
  readonly lock: Lock;
  readonly signal: AbortSignal | undefined;
  /** This deployment's entries, kept beside the ledger so that no step has to read it again. */
  readonly journal: JournalEntry[];
  readonly seen: Seen;
}

/** What this process has seen; a successor looks for itself. */
export interface Seen {
  readonly started: Set<string>;
  readonly proven: Set<string>;
  readonly drained: Set<string>;
  soaked: boolean;
  /** Why the deployment turned round. */
  failure: DeployError | undefined;
}

export const nothingSeen = (): Seen => ({
  started: new Set(),
  proven: new Set(),
  drained: new Set(),
  soaked: false,
  failure: undefined,
});

/** Look, decide, do, until all is new or all is old. */
export async function converge(run: Run): Promise<Outcome> {
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const situation = await look(run);
    const step = decide(situation);
    assertSafe(situation, step);
    await run.lock.assertHeld();
    if (step.do === 'finish') {
      await prefer(run, situation.router.live);
      await write(run, { type: 'outcome', outcome: step.outcome });
      return step.outcome;
    }
    await attempt(run, situation, step);
  }
  throw new Error('assertion: a deployment goes in circles');
}

export async function look({ ports, layout, intent, journal, seen }: Run): Promise<Situation> {
  return { ...(await observe(ports)), layout, intent, progress: { ...remember(journal), ...seen } };
}

/** The ledger first, then this process: what is remembered here has been written there. */
export async function write(run: Run, entry: JournalEntry): Promise<void> {
  await run.lock.append(entry);
  run.journal.push(entry);
}

/** What may cut a wait short; the way back is gone to its end. */
export const cutBy = ({ journal, signal }: Run): AbortSignal | undefined =>
  remember(journal).direction === 'back' ? undefined : signal;

/** Does one step. A failure turns the deployment round, unless there is no way back. */
async function attempt(run: Run, situation: Situation, step: Step): Promise<void> {
  const { emit, clock } = run.ports;
  const begun = clock.now();
  emit({ type: 'step', step });
  try {
    if (mayInterrupt(situation, step)) run.signal?.throwIfAborted();
    await perform(run, situation, step);
    emit({ type: 'done', step, duration: clock.now() - begun });
  } catch (thrown) {
    const failure = asDeployError(run, step, thrown);
    emit({ type: 'failed', step, duration: clock.now() - begun, reason: failure.message });
    // Its command may be on its way still: nothing is decided before the router would refuse it.
    if (step.do === 'switch') await run.ports.router.fence?.(run.lock.confirm);
    await turnRound(run, situation, failure);
  }
}

async function turnRound(run: Run, situation: Situation, failure: DeployError): Promise<void> {
  if (failure.code === 'locked') throw failure;
  if (situation.progress.direction === 'back') throw undoFailed(failure);
  if (failure.code === 'interrupted' && hasSwitched(situation)) throw failure;
  if (!hasWayBack(await look(run))) throw failure;
  run.seen.failure = failure;
  run.ports.emit({ type: 'undoing', reason: failure.message });
  await write(run, { type: 'undo', reason: failure.message });
}

/** The slot that had the traffic has it still, or could take it again. */
const hasWayBack = (s: Situation): boolean => s.router.live === s.intent.origin || isWarm(s, s.intent.origin);

const hasSwitched = ({ router, intent }: Situation): boolean => router.live === intent.target;

/**
 * Asked to stop, a deployment that has not switched goes back; one that has first brings every service up, since
 * stopping in between would leave nobody running the jobs. It then leaves the old slot to whoever resumes.
 */
const mayInterrupt = (s: Situation, step: Step): boolean =>
  s.progress.direction === 'forward' && (!hasSwitched(s) || step.do === 'drain' || step.do === 'soak');

const undoFailed = (cause: DeployError): DeployError =>
  new DeployError(
    'undo-failed',
    { ...cause.explanation, doing: `going back: ${cause.explanation.doing}` },
    { cause, facts: cause.facts },
  );
