import { EXIT_CODES } from '../shutdown/verdict.ts';
import type { VerdictRecord } from '../shutdown/verdict-file.ts';
import type { ChildEnd } from './child.ts';

/** How a service ended. */
export interface ServiceVerdict {
  /**
   * `clean`: stopped, and every process that owns a shutdown ended clean. `partial`, `forced`: the worst of them was,
   * or one was killed, which PM2 does silently. `failed`: the command ended by itself with an error, or before it ran.
   */
  readonly outcome: 'clean' | 'partial' | 'forced' | 'failed';
  /** The command's exit code, unless it hides a shutdown that was not clean: then 3 for partial, 4 for forced. */
  readonly exitCode: number;
  /** Milliseconds from the stop signal, or the start when there was none, to the end. */
  readonly duration: number;
  /** The verdicts of the service's processes, including killed ones (`running`). */
  readonly processes: readonly VerdictRecord[];
}

export function judgeService(
  end: ChildEnd,
  /** The signal that stopped it, if one did. */
  stopped: NodeJS.Signals | undefined,
  duration: number,
  processes: readonly VerdictRecord[],
): ServiceVerdict {
  const outcome = outcomeOf(end, stopped, processes);
  const drained = outcome === 'partial' || outcome === 'forced';
  return {
    outcome,
    exitCode: drained && end.exitCode === 0 ? EXIT_CODES[outcome] : end.exitCode,
    duration,
    processes,
  };
}

function outcomeOf(
  end: ChildEnd,
  stopped: NodeJS.Signals | undefined,
  processes: readonly VerdictRecord[],
): ServiceVerdict['outcome'] {
  if (end.killed || processes.some(({ outcome }) => outcome === 'running' || outcome === 'forced'))
    return 'forced';
  if (processes.some(({ outcome }) => outcome === 'partial')) return 'partial';
  // A launcher may die by the signal after which its service has drained.
  const expected = stopped !== undefined && (end.signal === null || end.signal === stopped);
  return end.exitCode === 0 || (expected && processes.length > 0) ? 'clean' : 'failed';
}
