import { messageOf } from '@cutover/internal';
import { DeployError } from '../domain/errors.ts';

export interface UntouchedOptions {
  /** The caller's wish to stop; an abort becomes `interrupted`. */
  readonly signal?: AbortSignal | undefined;
  /** Further facts of such an error. */
  readonly facts?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Runs `work`, which says itself how things stand once it has changed something. A DeployError without
 * `facts.outcome` was thrown before that and gets the outcome `unchanged`.
 */
export async function untouched<T>(
  doing: string,
  { signal, facts }: UntouchedOptions,
  work: () => Promise<T>,
): Promise<T> {
  try {
    signal?.throwIfAborted();
    return await work();
  } catch (thrown) {
    const error = signal?.aborted && thrown === signal.reason ? interrupted(doing, thrown) : thrown;
    if (!(error instanceof DeployError) || error.facts.outcome !== undefined) throw error;
    throw new DeployError(error.code, error.explanation, {
      cause: error.cause,
      facts: { ...error.facts, ...facts, outcome: 'unchanged' },
    });
  }
}

const interrupted = (doing: string, cause: unknown): DeployError =>
  new DeployError('interrupted', { doing, found: messageOf(cause) }, { cause });
