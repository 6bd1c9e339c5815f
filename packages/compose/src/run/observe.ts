import type { ServiceName } from '../domain/layout.ts';
import type { Observation } from '../domain/situation.ts';
import type { Ports } from '../ports/index.ts';
import { RETRY_INTERVAL } from './retries.ts';

/** Milliseconds within which two answers are of one moment: fewer than pass when one of them had to be asked for again. */
export const MOMENT = 0.9 * RETRY_INTERVAL;
const ATTEMPTS = 3;

/**
 * Engine and router at one moment. Where one of them kept us waiting, what the other said is old, and both are asked
 * again: a deployment once ended on containers as they had been eleven seconds before.
 */
export async function observe(
  { engine, router, clock }: Pick<Ports, 'engine' | 'router' | 'clock'>,
  services?: readonly ServiceName[],
): Promise<Observation> {
  for (let attempt = 1; ; attempt++) {
    const begun = clock.now();
    const [containers, state] = await Promise.all([engine.observe(services), router.observe()]);
    if (clock.now() - begun <= MOMENT || attempt === ATTEMPTS) return { containers, router: state };
  }
}
