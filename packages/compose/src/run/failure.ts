import { messageOf } from '@cutover/internal';
import { DeployError } from '../domain/errors.ts';
import { describe, kindOf, type Step } from '../steps/index.ts';
import type { Run } from './run.ts';

/** Anything that a step threw, as the one error of the package; an abort by the caller becomes `interrupted`. */
export function asDeployError({ signal }: Pick<Run, 'signal'>, step: Step, thrown: unknown): DeployError {
  if (thrown instanceof DeployError) return thrown;
  const isAbort = signal?.aborted && thrown === signal.reason;
  return new DeployError(
    isAbort ? 'interrupted' : kindOf(step).failure,
    { doing: describe(step).text, found: messageOf(thrown) },
    { cause: thrown },
  );
}
