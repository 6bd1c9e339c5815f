import type { Outcome } from '../domain/intent.ts';
import type { Kind } from './kind.ts';

export interface Finish {
  readonly do: 'finish';
  readonly outcome: Outcome;
}

/** All is new, or all is old. */
export const finish = {
  failure: 'internal-error',
  next: (outcome: Outcome): Finish => ({ do: 'finish', outcome }),
  describe: ({ outcome }) => ({ text: outcome === 'deployed' ? 'done' : 'back as it was' }),
  predict: (s) => s,
  perform: async () => {},
} satisfies Kind<Finish> & Record<'next', unknown>;
