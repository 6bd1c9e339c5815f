import { type Container, lifeOf } from '../domain/container.ts';
import type { SlotName } from '../domain/layout.ts';
import { including, type Situation, withProofs } from '../domain/situation.ts';
import { cancelSignal } from '../run/run.ts';
import { type Kind, summaryOf } from './kind.ts';

export interface Drain {
  readonly do: 'drain';
  readonly slot: SlotName;
  readonly container: Container;
}

/** Waits until the router counts no session on the slot, twice in a row, or the deadline; what is left is announced. */
export const drain = {
  failure: 'router-unreachable',
  canBeLeft: true,

  /** A slot without traffic may still have what came before the switch, also one that no entry of the journal names. */
  next(s: Situation, slot: SlotName, containers: readonly Container[]): Drain | undefined {
    const { drained, stopping } = s.progress;
    const container = containers.find(
      (one) => one.running && !drained.has(lifeOf(one)) && !stopping.has(lifeOf(one)),
    );
    return container && { do: 'drain', slot, container };
  },

  describe: ({ slot, container }) => ({ text: `drain ${slot}`, slot, services: [container.service] }),
  predict: (s, { container }) => withProofs(s, { drained: including(s.progress.drained, [container]) }),

  async perform(run, step): Promise<void> {
    const { clock, router, emit } = run.ports;
    const { timeout, interval } = run.policy.drain;
    const tell = (note: string) => emit({ type: 'progress', step: summaryOf(drain, step), note });
    const deadline = clock.now() + timeout;
    for (let empty = 0; ; ) {
      const sessions = (await router.observe()).slots[step.slot]?.sessions ?? 0;
      empty = sessions === 0 ? empty + 1 : 0;
      if (empty >= 2) break;
      if (clock.now() >= deadline) {
        tell(`deadline reached: ${sessions} sessions are cut`);
        break;
      }
      if (sessions > 0) tell(`${sessions} sessions remain`);
      await clock.sleep(interval, cancelSignal(run));
    }
    run.seen.drained.add(lifeOf(step.container));
  },
} satisfies Kind<Drain> & Record<'next', unknown>;
