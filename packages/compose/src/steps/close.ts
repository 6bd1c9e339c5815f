import { isWarm } from '../domain/fitness.ts';
import type { SlotName } from '../domain/layout.ts';
import { assert, type Situation } from '../domain/situation.ts';
import type { Kind } from './kind.ts';

export interface Close {
  readonly do: 'close';
  readonly slot: SlotName;
}

/** Takes a slot without traffic out of the router's reach, so that it gets none when it comes up. */
export const close = {
  failure: 'switch-failed',
  steersRouter: true,

  /**
   * Where the router would send some as soon as it is up: half a switch, or a container that died. Not `spared`, which may
   * get it, and not what is up beside a live slot that has just failed: then it takes all the traffic.
   */
  next(s: Situation, spared?: SlotName): Close | undefined {
    const { live, slots } = s.router;
    if (live === undefined) return undefined;
    const slot = Object.keys(s.layout.slots).find(
      (name) =>
        name !== live && name !== spared && slots[name]?.open && (!slots[name]?.up || isWarm(s, live)),
    );
    return slot === undefined ? undefined : { do: 'close', slot };
  },

  describe: ({ slot }) => ({ text: `close ${slot} to new traffic`, slot }),

  predict: (s, { slot }) => ({
    ...s,
    router: { ...s.router, slots: { ...s.router.slots, [slot]: { up: false, sessions: 0 } } },
  }),

  assertSafe: (s, { slot }) =>
    assert(slot !== s.router.live, `${slot} has the traffic and was told to close`),

  // Like a switch it can be repeated and not named by id, so the lock is asked last.
  async perform({ ports, lock }, { slot }) {
    await lock.confirm();
    await ports.router.close?.(slot);
  },
} satisfies Kind<Close> & Record<'next', unknown>;
