import { messageOf } from '@cutover/internal';
import { DeployError } from '../errors.ts';
import type { Ports } from '../ports.ts';

/** Milliseconds for which an engine or a router that does not answer is asked again. */
export const PATIENCE = 30_000;
/** Milliseconds between two tries of a look. */
export const RETRY_INTERVAL = 1_000;

/**
 * Ports whose looks are repeated, and a fence likewise: neither changes where traffic goes, and a moment without an
 * answer is no reason to turn a deployment round, or to leave it half-way.
 */
export function patient(ports: Ports): Ports {
  const { engine, router, clock } = ports;
  const again = async <T>(look: () => Promise<T>, exhausted: (error: unknown) => DeployError): Promise<T> => {
    for (const begun = clock.now(); ; ) {
      try {
        return await look();
      } catch (error) {
        if (isFinding(error)) throw error;
        if (clock.now() - begun >= PATIENCE) throw exhausted(error);
        await clock.sleep(RETRY_INTERVAL);
      }
    }
  };
  const { fence } = router;
  return {
    ...ports,
    engine: { ...engine, observe: () => again(engine.observe, silent('engine')) },
    router: {
      ...router,
      observe: () => again(router.observe, silent('router')),
      ...(fence ? { fence: (confirm) => again(() => fence(confirm), silent('router')) } : {}),
    },
  };
}

/** What a look found wrong, as against a look that was not answered. */
const isFinding = (error: unknown): boolean =>
  error instanceof DeployError && error.code !== 'router-unreachable' && error.code !== 'engine-unreachable';

const silent = (who: 'engine' | 'router') => (error: unknown) =>
  error instanceof DeployError
    ? error
    : new DeployError(
        `${who}-unreachable`,
        {
          doing: `looking at the ${who}`,
          found: `${messageOf(error)}, for ${PATIENCE / 1000} s`,
          wanted: 'an answer',
          fix: `see that the ${who} is up and can be reached from here`,
        },
        { cause: error },
      );
