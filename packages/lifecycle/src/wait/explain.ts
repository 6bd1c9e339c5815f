import { ExplainedError, messageOf, TimeoutError } from '@cutover/internal';
import { LifecycleError } from '../errors.ts';
import type { Tally } from './attempts.ts';

/** The error of a failed wait: for each failed target the attempts, the last cause, and the fix. */
export function explain(error: unknown, tallies: readonly Tally[], timeout: number): LifecycleError {
  const late = error instanceof TimeoutError;
  const concerned = tallies.filter((tally) => (late ? !tally.answered : tally.error === error));
  const [first] = concerned;
  const options = {
    cause: late ? first?.error : error,
    facts: { targets: tallies.map(({ target, attempts, answered }) => ({ target, attempts, answered })) },
  };
  const found = concerned.map(describe).join('; ');
  const fix = concerned
    .map(({ error }) => error instanceof ExplainedError && error.explanation.fix)
    .find(Boolean);
  return late
    ? new LifecycleError(
        'not-ready',
        {
          doing: `waiting ${timeout} ms for ${names(tallies)}`,
          found,
          wanted: 'an answer to a query',
          fix: fix || 'check that it runs and can be reached from here, or raise timeout',
        },
        options,
      )
    : new LifecycleError(
        'never-ready',
        {
          doing: `waiting for ${names(tallies)}`,
          found: found || messageOf(error),
          fix: fix || 'correct it; keepWaiting: true keeps waiting',
        },
        options,
      );
}

const names = (tallies: readonly Tally[]): string => tallies.map(({ target }) => target).join(', ');

const describe = ({ target, attempts, error }: Tally): string =>
  `${target}: ${error === undefined ? 'no answer yet' : messageOf(error)} (attempt ${attempts})`;
