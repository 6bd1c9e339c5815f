import type { SlotName } from '../domain/layout.ts';
import type { Situation } from '../domain/situation.ts';
import type { Kind } from './kind.ts';

export interface Persist {
  readonly do: 'persist';
  readonly slot: SlotName;
}

/** Makes a restarted router choose the slot that has the traffic. */
export const persist = {
  failure: 'switch-failed',

  next: (s: Situation, slot: SlotName | undefined): Persist | undefined =>
    slot === undefined || s.router.stored === slot ? undefined : { do: 'persist', slot },

  describe: ({ slot }) => ({ text: `store ${slot} as the live slot`, slot }),
  predict: (s, { slot }) => ({ ...s, router: { ...s.router, stored: slot } }),
  perform: ({ ports }, { slot }) => ports.router.persist(slot),
} satisfies Kind<Persist> & Record<'next', unknown>;
