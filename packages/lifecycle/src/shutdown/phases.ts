import { bounded, type Clock, messageOf, TimeoutError } from '@cutover/internal';
import type { Phase, ShutdownReason, StepContext, StepResult } from './types.ts';

export const PHASES: readonly Phase[] = ['stop', 'drain', 'close', 'flush'];

export interface Step {
  readonly name: string;
  readonly phase: Phase;
  /** Milliseconds for this step alone. */
  readonly timeout: number;
  close(context: StepContext): unknown;
  /** What is unfinished at this moment, for the note of a step that is cut. */
  pending?(): string;
  /** Removes the listeners from the thing that is closed. */
  dispose?(): void;
}

export interface Run {
  readonly clock: Clock;
  readonly reason: ShutdownReason;
  /** Milliseconds for all phases. */
  readonly gracePeriod: number;
  /** Milliseconds that `stop` and `drain` leave to the phases after them. */
  readonly reserve: number;
  /** Aborts to force the end. */
  readonly force: AbortSignal;
  onPhase(phase: Phase): void;
  onStep(result: StepResult, step: Step): void;
}

/**
 * Runs the phases in order, the steps of each in parallel, all under one deadline. A step added after its phase has
 * begun runs with the next phase, so no step is forgotten. Never rejects.
 */
export async function runPhases(steps: () => readonly Step[], run: Run): Promise<StepResult[]> {
  const end = run.clock.now() + run.gracePeriod;
  const results: StepResult[] = [];
  const begun = new Set<Step>();
  // The last phase again, for steps added during it.
  for (const phase of [...PHASES, ...PHASES.slice(-1)]) {
    const due = PHASES.slice(0, PHASES.indexOf(phase) + 1);
    const mine = steps().filter((step) => due.includes(step.phase) && !begun.has(step));
    if (mine.length === 0) continue;
    for (const step of mine) begun.add(step);
    run.onPhase(phase);
    const deadline = phase === 'stop' || phase === 'drain' ? end - run.reserve : end;
    results.push(...(await Promise.all(mine.map((step) => runStep(step, deadline, run)))));
  }
  return results;
}

async function runStep(step: Step, deadline: number, run: Run): Promise<StepResult> {
  const { clock } = run;
  const began = clock.now();
  const left = deadline - began;
  const ending = await outcomeOf(step, deadline, run);
  const result: StepResult = {
    name: step.name,
    phase: step.phase,
    duration: clock.now() - began,
    ...ending(left),
  };
  run.onStep(result, step);
  return result;
}

type Ending = (left: number) => Pick<StepResult, 'outcome' | 'note'>;

async function outcomeOf(step: Step, deadline: number, { clock, reason, force }: Run): Promise<Ending> {
  const limit = Math.min(step.timeout, deadline - clock.now());
  if (limit <= 0 || force.aborted) return () => ({ outcome: 'skipped' });
  const end = clock.now() + limit;
  const remaining = () => Math.max(0, end - clock.now());
  try {
    await bounded({ timeout: limit, signal: force, clock }, async (signal) =>
      step.close({ signal, reason, remaining }),
    );
    return () => ({ outcome: 'done' });
  } catch (error) {
    if (!force.aborted && !(error instanceof TimeoutError)) {
      return () => ({ outcome: 'failed', note: messageOf(error) });
    }
    const pending = step.pending?.();
    const note = pending === undefined ? {} : { note: pending };
    return (left) => ({ outcome: !force.aborted && step.timeout < left ? 'timeout' : 'cut', ...note });
  }
}
