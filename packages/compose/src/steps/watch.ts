import { type Container, lifeOf } from '../domain/container.ts';
import { faultOf } from '../domain/fitness.ts';
import type { SlotName } from '../domain/layout.ts';
import { containersOfSlot, type Situation, withProofs } from '../domain/situation.ts';
import { lookAtSlots, type Run } from '../run/run.ts';
import { answered, faultOfAnswers, watchFailed } from '../run/while-watched.ts';
import { servicesOf } from './containers.ts';
import type { Kind } from './kind.ts';

export interface Watch {
  readonly do: 'watch';
  readonly slot: SlotName;
  readonly containers: readonly Container[];
}

/** The old slot stays warm for a while more, with nothing else left to do; the watch itself runs beside each step. */
export const watch = {
  failure: 'watch-failed',
  canBeLeft: true,

  next: (s: Situation, slot: SlotName): Watch | undefined =>
    s.progress.watched ? undefined : { do: 'watch', slot, containers: containersOfSlot(s, slot) },

  describe: ({ slot, containers }) => ({
    text: `watch ${slot} while the old slot stays warm`,
    slot,
    services: servicesOf(containers),
  }),

  predict: (s) => withProofs(s, { watched: true }),

  async perform(run, { slot, containers }) {
    await run.ports.clock.sleep(run.policy.watch.for, run.signal);
    // The old slot goes now: what was not said without a way back is said here, and a last request must be answered
    // well. Without a way back the new one may have been started again before; once it is watched it may not.
    const watched = new Set(containers.map(lifeOf));
    const why = faultOf(await lookAtSlots(run), slot, watched) ?? (await faultUntilAnswered(run));
    if (why !== undefined) throw watchFailed(run, slot, why, { warm: false });
    run.seen.watched = true;
  },
} satisfies Kind<Watch> & Record<'next', unknown>;

async function faultUntilAnswered(run: Run): Promise<string | undefined> {
  for (;;) {
    await answered(run);
    const why = faultOfAnswers(run);
    if (why !== undefined || run.seen.answers.at(-1) === undefined) return why;
  }
}
