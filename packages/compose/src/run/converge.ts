import { DeployError } from '../domain/errors.ts';
import { hasWayBack } from '../domain/fitness.ts';
import type { Outcome } from '../domain/intent.ts';
import { configurationNow } from '../domain/noted-configuration.ts';
import { hasSwitched, type Situation } from '../domain/situation.ts';
import { assertSafe, describe, kindOf, type Step } from '../steps/index.ts';
import { decide } from './decide.ts';
import { asDeployError } from './failure.ts';
import { MOST_STEPS } from './plan.ts';
import { prefer } from './prefer.ts';
import { isAnswer, RETRY_FOR, RETRY_INTERVAL } from './retries.ts';
import { look, lookAtSlots, type Run, settlePending, write } from './run.ts';
import { failureOf, whileWatched } from './while-watched.ts';

/** Look, decide, do, until all is new or all is old. */
export async function converge(run: Run): Promise<Outcome> {
  try {
    for (let steps = 0; steps < MOST_STEPS; ) {
      // What is left of a step that was overtaken keeps nothing waiting but what the slots decide: where the traffic goes.
      const isPending = run.seen.pending.size > 0;
      const situation = await (isPending ? lookAtSlots(run).catch(whileUnanswered) : look(run));
      // The deployment cannot end before that work has, so it keeps asking, however long there is no answer.
      if (!situation) continue;
      const failure = failureOf(run, situation);
      if (failure) {
        await beginRollback(run, situation, failure);
        continue;
      }
      const step = decide(situation);
      if (isPending && step.do !== 'switch') {
        await Promise.race([settlePending(run), run.ports.clock.sleep(run.policy.watch.every)]);
        continue;
      }
      steps++;
      assertSafe(situation, step);
      await run.lock.assertHeld();
      if (step.do === 'finish') return await finish(run, situation, step.outcome);
      await attempt(run, situation, step);
    }
    throw new Error('assertion: a deployment goes in circles');
  } finally {
    await settlePending(run);
  }
}

function whileUnanswered(error: unknown): undefined {
  if (isAnswer(error)) throw error;
}

async function finish(run: Run, situation: Situation, outcome: Outcome): Promise<Outcome> {
  await prefer(run, outcome);
  const undone = run.journal.findLast((entry) => entry.type === 'undo');
  await write(run, {
    type: 'outcome',
    outcome,
    configuration: configurationNow(situation),
    ended: run.ports.date(),
    why: undone?.type === 'undo' ? undone.reason : undefined,
  });
  return outcome;
}

/** Does one step. A failure begins the rollback, unless there is no way back. */
async function attempt(run: Run, situation: Situation, step: Step): Promise<void> {
  const { emit, clock } = run.ports;
  const begun = clock.now();
  const summary = describe(step);
  const perform = (doer: Run) => kindOf(step).perform(doer, step, situation);
  emit({ type: 'step', step: summary });
  try {
    if (mayInterrupt(situation, step)) run.signal?.throwIfAborted();
    await (mayBeOvertaken(situation, step) ? whileWatched(run, perform) : perform(run));
    emit({ type: 'done', step: summary, duration: clock.now() - begun });
    run.seen.cutOffAt = undefined;
  } catch (thrown) {
    const failure = asDeployError(run, step, thrown);
    emit({ type: 'failed', step: summary, duration: clock.now() - begun, reason: failure.explanation.found });
    if (await isCutOff(run, failure)) return;
    await beginRollback(run, situation, failure);
  }
}

/** An engine that goes away says nothing against the release: once it answers, what came of the step is seen. */
async function isCutOff({ ports: { clock }, seen }: Run, { code }: DeployError): Promise<boolean> {
  if (code !== 'engine-unreachable') return false;
  seen.cutOffAt ??= clock.now();
  if (clock.now() - seen.cutOffAt >= RETRY_FOR) return false;
  // While it ends in order it still answers on connections that it has, and refuses new ones.
  await clock.sleep(RETRY_INTERVAL);
  return true;
}

async function beginRollback(run: Run, situation: Situation, failure: DeployError): Promise<void> {
  if (failure.code === 'locked') throw failure;
  if (situation.progress.direction === 'back') throw undoFailed(failure);
  if (failure.code === 'interrupted' && hasSwitched(situation)) throw failure;
  // Where the old slot was just seen warm, nothing more is asked before the traffic is on it.
  if (failure.facts.warm !== true && !hasWayBack(await look(run))) throw failure;
  run.seen.failure = failure;
  run.ports.emit({ type: 'undoing', reason: failure.message });
  await write(run, { type: 'undo', reason: failure.message });
}

/**
 * Asked to stop, a deployment that has not switched goes back; one that has first brings every service up, since
 * stopping in between would leave the jobs without a process. It then leaves the old slot to the run that resumes it.
 */
const mayInterrupt = (s: Situation, step: Step): boolean =>
  s.progress.direction === 'forward' && (!hasSwitched(s) || kindOf(step).canBeLeft === true);

/**
 * From the switch until the old slot is stopped, the new one is watched beside each step. Not beside what commands the
 * router, and not once the old slot is being stopped: there is no way back to it.
 */
function mayBeOvertaken(s: Situation, step: Step): boolean {
  const { direction } = s.progress;
  if (direction === 'back' || !hasSwitched(s) || s.intent.target === s.intent.origin) return false;
  const { steersRouter, endsWayBack } = kindOf(step);
  return !steersRouter && !endsWayBack?.(s, step);
}

const undoFailed = (cause: DeployError): DeployError =>
  new DeployError(
    'undo-failed',
    { ...cause.explanation, doing: `going back: ${cause.explanation.doing}` },
    { cause, facts: cause.facts },
  );
