import type { ShutdownReason, StepResult, Verdict } from './types.ts';

/** Exit codes by ending. `error` wins over the outcome: a supervisor should see that the process crashed. */
export const EXIT_CODES = { clean: 0, error: 1, partial: 3, forced: 4 } as const;

/** The overall result of a shutdown's steps. */
export function judge(reason: ShutdownReason, duration: number, steps: readonly StepResult[]): Verdict {
  const outcome = outcomeOf(steps);
  const exitCode = reason.kind === 'error' ? EXIT_CODES.error : EXIT_CODES[outcome];
  return { outcome, reason, duration, exitCode, steps };
}

function outcomeOf(steps: readonly StepResult[]): Verdict['outcome'] {
  if (steps.some(({ outcome }) => outcome === 'cut' || outcome === 'skipped')) return 'forced';
  return steps.every(({ outcome }) => outcome === 'done') ? 'clean' : 'partial';
}

/** The log line at the end. */
export function verdictLine({ outcome, reason, duration, steps }: Verdict): string {
  const list = steps.map(
    (step) =>
      `${step.name} ${step.outcome === 'done' ? '' : `${step.outcome} `}${seconds(step.duration)}${step.note ? ` (${step.note})` : ''}`,
  );
  return `shutdown ${outcome} in ${seconds(duration)} after ${reason.text}${list.length > 0 ? `: ${list.join(', ')}` : ''}`;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 1000 ? 3 : 1)} s`;
