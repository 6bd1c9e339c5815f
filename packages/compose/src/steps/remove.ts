import type { Container } from '../domain/container.ts';
import type { Situation } from '../domain/situation.ts';
import { together } from '../run/together.ts';
import { assertNotServing, isOfOldSlot, isOneOf, servicesOf } from './containers.ts';
import type { Kind } from './kind.ts';

export interface Remove {
  readonly do: 'remove';
  readonly containers: readonly Container[];
}

/** Removes stopped containers: they keep their names, so they go before a successor is created. */
export const remove = {
  failure: 'stop-failed',

  next: (containers: readonly Container[]): Remove | undefined =>
    containers.length > 0 ? { do: 'remove', containers } : undefined,

  describe: ({ containers }) => {
    const services = servicesOf(containers);
    return { text: `remove stopped ${services.join(', ')}`, services };
  },

  predict: (s, { containers }) => ({
    ...s,
    containers: s.containers.filter((container) => !isOneOf(containers, container)),
  }),

  assertSafe: (s, step) => assertNotServing(s, step),
  endsWayBack: (s: Situation, { containers }: Remove) => isOfOldSlot(s, containers),
  perform: ({ ports }, { containers }) => together(containers.map(ports.engine.remove)),
} satisfies Kind<Remove> & Record<'next', unknown>;
