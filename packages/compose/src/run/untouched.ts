import { messageOf } from '@cutover/internal';
import { DeployError } from '../domain/errors.ts';

export interface UntouchedOptions {
  /** The caller's wish to stop; an abort becomes `interrupted`. */
  readonly signal?: AbortSignal | undefined;
  /** More for the facts of the error. */
  readonly facts?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Work that begins without touching anything: a DeployError that does not say how things stand has come before the
 * first effect, so its outcome is `unchanged`.
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
