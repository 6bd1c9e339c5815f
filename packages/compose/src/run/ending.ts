import { messageOf } from '@cutover/internal';
import { DeployError } from '../domain/errors.ts';
import { HOW_TO_GO_ON, KEPT_LOST, sentenceOf } from '../status/sentence.ts';
import { observe } from './observe.ts';
import type { Run } from './run.ts';

/** The deployment failed and everything is as before: the error that stopped it, with what runs now. */
export const wentBack = (run: Run): Promise<DeployError> =>
  ending(
    run,
    run.seen.failure ?? new DeployError('interrupted', { doing: 'deploying', found: 'it was undone' }),
    'reverted',
  );

/** The deployment stopped half-way: what stopped it, what runs now, and how to go on. */
export async function endedBadly(run: Run, thrown: unknown): Promise<DeployError> {
  const error =
    thrown instanceof DeployError
      ? thrown
      : new DeployError(
          'internal-error',
          { doing: 'deploying', found: messageOf(thrown) },
          { cause: thrown },
        );
  return ending(run, error, 'unfinished');
}

const advice = { reverted: undefined, unfinished: HOW_TO_GO_ON };

async function ending(
  run: Run,
  { code, explanation, facts, cause }: DeployError,
  outcome: keyof typeof advice,
) {
  const now = await currently(run);
  const fixes = [explanation.fix, advice[outcome]].filter(Boolean).join('; ');
  return new DeployError(
    code,
    {
      doing: `deploying ${run.intent.release.id}: ${explanation.doing}`,
      found: `${explanation.found}${explanation.wanted ? `; wanted ${explanation.wanted}` : ''}. ${lead[outcome]}: ${now}`,
      fix: fixes || undefined,
    },
    { cause, facts: { ...facts, outcome } },
  );
}

const lead = { reverted: 'Everything is as before', unfinished: 'Left as it is' };

async function currently({ ports, layout, seen }: Run): Promise<string> {
  try {
    return sentenceOf(await observe(ports), layout) + (seen.keptLost ? `; ${KEPT_LOST}` : '');
  } catch (error) {
    return `what runs cannot be seen (${messageOf(error)})`;
  }
}
