import type { DeployErrorCode } from '../domain/errors.ts';
import type { StepSummary } from '../domain/events.ts';
import type { Situation } from '../domain/situation.ts';
import type { Run } from '../run/run.ts';

/**
 * One kind of step: all that is to be known of it. Each has a post-condition that can be observed or is journaled, and
 * is safe to repeat. Its module also has a `next`, which says whether such a step is due.
 */
export interface Kind<S> {
  /** The code of the error when something fails that has no code of its own. */
  readonly failure: DeployErrorCode;
  /** It commands the router, which is a moment's work: nothing overtakes it. */
  readonly steersRouter?: boolean;
  /** A deployment that is asked to stop after the switch may leave it to the run that resumes it. */
  readonly canBeLeft?: boolean;
  /** For people: in plans, reports and errors. */
  describe(step: S): Omit<StepSummary, 'do'>;
  /** The situation after it, when it keeps its promise. */
  predict(s: Situation, step: S): Situation;
  /**
   * Throws where it would break a guarantee. Stays on in production: a deployment that halts can
   * be resumed, a second cron or a stopped live slot cannot be undone.
   */
  assertSafe?(s: Situation, step: S): void;
  /** After it there is no way back to the slot that had the traffic. */
  endsWayBack?(s: Situation, step: S): boolean;
  /** Makes its post-condition true. */
  perform(run: Run, step: S, s: Situation): Promise<void>;
}

/** A step in words, as events and errors have it. */
export const summaryOf = <S extends { readonly do: string }>(
  { describe }: Pick<Kind<S>, 'describe'>,
  step: S,
): StepSummary => ({ do: step.do, ...describe(step) });
