import { DeployError } from '../errors.ts';
import { decide, hasWayBack, serviceOf } from './decide.ts';
import { asDeployError } from './failure.ts';
import { assertSafe } from './invariants.ts';
import type { Outcome, Situation, Step } from './model.ts';
import { perform, prefer } from './perform.ts';
import { MOST_STEPS } from './predict.ts';
import { look, lookAtSlots, type Run, settlePending, write } from './run.ts';
import { failureOf, whileWatched } from './watch.ts';

/** Look, decide, do, until all is new or all is old. */
export async function converge(run: Run): Promise<Outcome> {
  try {
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      // What is left of a step that was overtaken keeps nothing waiting but what the slots decide: where the traffic goes.
      const situation = await (run.seen.pending.length > 0 ? lookAtSlots(run) : look(run));
      const failure = failureOf(run, situation);
      if (failure) {
        await turnRound(run, situation, failure);
        continue;
      }
      const step = decide(situation);
      if (step.do !== 'switch' && run.seen.pending.length > 0) {
        await settlePending(run);
        continue;
      }
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

async function finish(run: Run, { router }: Situation, outcome: Outcome): Promise<Outcome> {
  await prefer(run, router.live);
  await write(run, { type: 'outcome', outcome });
  return outcome;
}

/** Does one step. A failure turns the deployment round, unless there is no way back. */
async function attempt(run: Run, situation: Situation, step: Step): Promise<void> {
  const { emit, clock } = run.ports;
  const begun = clock.now();
  emit({ type: 'step', step });
  try {
    if (mayInterrupt(situation, step)) run.signal?.throwIfAborted();
    if (mayBeOvertaken(situation, step))
      await whileWatched(run, (watched) => perform(watched, situation, step));
    else await perform(run, situation, step);
    emit({ type: 'done', step, duration: clock.now() - begun });
  } catch (thrown) {
    const failure = asDeployError(run, step, thrown);
    emit({ type: 'failed', step, duration: clock.now() - begun, reason: failure.message });
    await turnRound(run, situation, failure);
  }
}

async function turnRound(run: Run, situation: Situation, failure: DeployError): Promise<void> {
  if (failure.code === 'locked') throw failure;
  if (situation.progress.direction === 'back') throw undoFailed(failure);
  if (failure.code === 'interrupted' && hasSwitched(situation)) throw failure;
  // Where the old slot was just seen warm, nothing more is asked before the traffic is on it.
  if (failure.facts.warm !== true && !hasWayBack(await look(run))) throw failure;
  run.seen.failure = failure;
  run.ports.emit({ type: 'undoing', reason: failure.message });
  await write(run, { type: 'undo', reason: failure.message });
}

const hasSwitched = ({ router, intent }: Situation): boolean => router.live === intent.target;

/**
 * Asked to stop, a deployment that has not switched goes back; one that has first brings every service up, since
 * stopping in between would leave nobody running the jobs. It then leaves the old slot to whoever resumes.
 */
const mayInterrupt = (s: Situation, step: Step): boolean =>
  s.progress.direction === 'forward' && (!hasSwitched(s) || step.do === 'drain' || step.do === 'watch');

/**
 * From the switch until the old slot is stopped, the new one is watched beside each step. Not beside what commands the
 * router, which is a moment's work, and not once the old slot is being stopped: there is no way back to it.
 */
const mayBeOvertaken = (s: Situation, step: Step): boolean => {
  const { direction } = s.progress;
  if (direction === 'back' || !hasSwitched(s) || s.intent.target === s.intent.origin) return false;
  if (step.do === 'switch' || step.do === 'close') return false;
  if (step.do !== 'stop' && step.do !== 'remove') return true;
  return step.containers.every(({ service }) => service !== serviceOf(s, s.intent.origin));
};

const undoFailed = (cause: DeployError): DeployError =>
  new DeployError(
    'undo-failed',
    { ...cause.explanation, doing: `going back: ${cause.explanation.doing}` },
    { cause, facts: cause.facts },
  );
