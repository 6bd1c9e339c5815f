import type { Ports } from '../ports.ts';
import type { Observation } from './model.ts';

/** Milliseconds within which two answers are of one moment; not as long as it takes until a look is repeated. */
const MOMENT = 900;
const ATTEMPTS = 3;

/**
 * Engine and router at one moment. Where one of them kept us waiting, what the other said is old, and both are asked
 * again: a deployment once ended on containers as they had been eleven seconds before.
 */
export async function observe({
  engine,
  router,
  clock,
}: Pick<Ports, 'engine' | 'router' | 'clock'>): Promise<Observation> {
  for (let attempt = 1; ; attempt++) {
    const begun = clock.now();
    const [containers, state] = await Promise.all([engine.observe(), router.observe()]);
    if (clock.now() - begun <= MOMENT || attempt === ATTEMPTS) return { containers, router: state };
  }
}
