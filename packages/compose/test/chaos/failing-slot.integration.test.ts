import { describe, expect, it } from 'vitest';
import type { Way } from '../support/stack.ts';
import { type Blow, failingSlots } from './failing-slot.ts';

// The short form; `pnpm chaos --slot` does each failure at each step, and says how long the way back took.
const blowsByWay: Partial<Record<Way, readonly Blow[]>> = {
  map: [
    { failure: 'killed', moment: 'start' },
    { failure: 'frozen', moment: 'watch' },
    { failure: 'interrupted', moment: 'drain' },
  ],
  pairs: [
    { failure: 'killed', moment: 'verify' },
    { failure: 'unhealthy', moment: 'drain' },
    { failure: 'interrupted', moment: 'watch' },
  ],
  server: [
    { failure: 'stopped', moment: 'verify' },
    { failure: 'out of memory', moment: 'watch' },
    { failure: 'interrupted', moment: 'watch' },
  ],
};

describe.each(Object.entries(blowsByWay) as [Way, readonly Blow[]][])(
  'a new slot that fails while it has the traffic, by %s',
  (way, blows) => {
    it(
      'gives it back to the old one, with the old release everywhere and no request lost but its own',
      async () => {
        const { rounds, load } = await failingSlots(way, blows, { rate: 100 });
        expect(rounds.map(({ blow, damage }) => ({ blow, damage }))).toEqual(
          blows.map((blow) => ({ blow, damage: [] })),
        );
        expect(load.sent).toBeGreaterThan(1_000);
      },
      8 * 60_000,
    );
  },
);
