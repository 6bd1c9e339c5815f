import { type Clock, messageOf } from '@cutover/internal';
import { DeployError } from '../domain/errors.ts';
import type { Ports } from '../ports/index.ts';

/** Milliseconds for which an engine or a router that does not answer is asked again. */
export const RETRY_FOR = 30_000;
/** Milliseconds between two tries. */
export const RETRY_INTERVAL = 1_000;

/**
 * Repeats what may be repeated while `who` does not answer; what an answer found wrong is final.
 *
 * @throws DeployError `engine-unreachable`, `router-unreachable` when there was no answer for {@link RETRY_FOR} ms
 */
export async function withRetries<T>(
  who: 'engine' | 'router',
  clock: Clock,
  work: () => Promise<T>,
): Promise<T> {
  for (const begun = clock.now(); ; ) {
    try {
      return await work();
    } catch (error) {
      if (isAnswer(error)) throw error;
      if (clock.now() - begun >= RETRY_FOR) throw unreachable(who, error);
      await clock.sleep(RETRY_INTERVAL);
    }
  }
}

/**
 * Ports whose looks are repeated, and a fence likewise: neither changes where traffic goes, and a moment without an
 * answer is no reason to roll a deployment back, or to leave it half-way.
 */
export function retryingPorts(ports: Ports): Ports {
  const { engine, router, clock } = ports;
  const { fence } = router;
  return {
    ...ports,
    engine: {
      ...engine,
      observe: (services) => withRetries('engine', clock, () => engine.observe(services)),
      wasSignalled: (container) => withRetries('engine', clock, () => engine.wasSignalled(container)),
    },
    router: {
      ...router,
      observe: () => withRetries('router', clock, router.observe),
      ...(fence ? { fence: (confirm) => withRetries('router', clock, () => fence(confirm)) } : {}),
    },
  };
}

/** What was found wrong, as against what was not answered. */
export const isAnswer = (error: unknown): boolean =>
  error instanceof DeployError && error.code !== 'router-unreachable' && error.code !== 'engine-unreachable';

const unreachable = (who: 'engine' | 'router', error: unknown): DeployError =>
  error instanceof DeployError
    ? error
    : new DeployError(
        `${who}-unreachable`,
        {
          doing: `looking at the ${who}`,
          found: `${messageOf(error)}, for ${RETRY_FOR / 1000} s`,
          wanted: 'an answer',
          fix: `see that the ${who} is up and can be reached from here`,
        },
        { cause: error },
      );
