import { messageOf, systemClock } from '@cutover/internal';
import { DeployError } from '../domain/errors.ts';
import { RETRY_FOR, RETRY_INTERVAL } from '../run/retries.ts';

/** The engine is not there, or went away before it had answered: whether it did what it was asked is not known. */
export const engineLost = (found: string, cause: unknown): DeployError =>
  new DeployError(
    'engine-unreachable',
    {
      doing: 'reaching the container engine',
      found,
      wanted: 'an engine that answers at DOCKER_HOST or in the current docker context',
      fix: 'start it, or point DOCKER_HOST at it; `docker version` shows the same',
    },
    { cause },
  );

/**
 * Without an answer of the engine there is no status: it is not there, or went away in the middle. One that is about to
 * end answers with a status, and says that it has lost its own connection to containerd.
 */
export function orLost(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const isLost = 'statusCode' in error ? ENDING.test(error.message) : 'code' in error;
  return isLost ? engineLost(messageOf(error), error) : error;
}

const ENDING = /transport is closing|daemon is shutting down/;

/** The connection was refused, so the request has had no effect. */
const isRefused = (error: unknown): boolean =>
  error instanceof DeployError && REFUSED.has((error.cause as NodeJS.ErrnoException | undefined)?.code ?? '');

const REFUSED: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOENT']);

/** Repeats what was refused in this way until the engine accepts connections. */
export async function untilTaken<T>(work: () => Promise<T>): Promise<T> {
  for (const begun = systemClock.now(); ; ) {
    try {
      return await work();
    } catch (error) {
      if (!isRefused(error) || systemClock.now() - begun >= RETRY_FOR) throw error;
      await systemClock.sleep(RETRY_INTERVAL);
    }
  }
}
