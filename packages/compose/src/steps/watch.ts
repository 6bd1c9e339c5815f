import { type Container, lifeOf } from '../domain/container.ts';
import { faultOf } from '../domain/fitness.ts';
import type { SlotName } from '../domain/layout.ts';
import { containersOfSlot, type Situation, withProofs } from '../domain/situation.ts';
import { lookAtSlots, type Run } from '../run/run.ts';
import { faultOfSignals, lastSaid, nextLook } from '../run/signals.ts';
import { watchFailed } from '../run/while-watched.ts';
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
    // The old slot goes now: what was not said without a way back is said here, and the last look at each signal must not
    // be bad. Without a way back the new one may have been started again before; once it is watched it may not.
    const watched = new Set(containers.map(lifeOf));
    const why = faultOf(await lookAtSlots(run), slot, watched) ?? (await faultUntilGood(run));
    if (why !== undefined) throw watchFailed(run, slot, why, { warm: false });
    warnOfInconclusive(run, slot);
    run.seen.watched = true;
  },
} satisfies Kind<Watch> & Record<'next', unknown>;

async function faultUntilGood(run: Run): Promise<string | undefined> {
  for (;;) {
    await Promise.all(run.signals.map((signal) => nextLook(run, signal)));
    const why = faultOfSignals(run);
    if (why !== undefined || lastSaid(run).every(([, said]) => said?.verdict !== 'bad')) return why;
  }
}

/** Nothing is said against the release: what could not be judged is no silent pass. */
function warnOfInconclusive(run: Run, slot: SlotName): void {
  for (const [{ name }, said] of lastSaid(run))
    if (said?.verdict === 'inconclusive')
      run.ports.emit({ type: 'warning', text: `${name} could not judge ${slot} in the watch: ${said.why}` });
}
