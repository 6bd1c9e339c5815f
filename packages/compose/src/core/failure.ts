import { messageOf } from '@cutover/internal';
import { DeployError, type DeployErrorCode } from '../errors.ts';
import { describe } from './describe.ts';
import type { Step } from './model.ts';
import type { Run } from './run.ts';

const codes: Record<Step['do'], DeployErrorCode> = {
  start: 'start-failed',
  gate: 'gate-failed',
  verify: 'verify-failed',
  stop: 'stop-failed',
  remove: 'stop-failed',
  switch: 'switch-failed',
  close: 'switch-failed',
  persist: 'switch-failed',
  drain: 'router-unreachable',
  watch: 'watch-failed',
  finish: 'broken',
};

/** Anything that a step threw, as the one error of the package; an abort by the caller becomes `interrupted`. */
export function asDeployError({ signal }: Pick<Run, 'signal'>, step: Step, thrown: unknown): DeployError {
  if (thrown instanceof DeployError) return thrown;
  const doing = describe(step);
  if (signal?.aborted && thrown === signal.reason) {
    return new DeployError('interrupted', { doing, found: messageOf(thrown) }, { cause: thrown });
  }
  return new DeployError(codes[step.do], { doing, found: messageOf(thrown) }, { cause: thrown });
}
