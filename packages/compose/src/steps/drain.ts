import { type Container, lifeOf } from '../domain/container.ts';
import type { SlotName } from '../domain/layout.ts';
import { type Situation, withProofs } from '../domain/situation.ts';
import { cancelSignal } from '../run/run.ts';
import { servicesOf } from './containers.ts';
import { type Kind, summaryOf } from './kind.ts';

export interface Drain {
  readonly do: 'drain';
  readonly slot: SlotName;
  readonly containers: readonly Container[];
}

/** Waits until the router counts no session on the slot, twice in a row, or the deadline; what is left is announced. */
export const drain = {
  failure: 'router-unreachable',
  canBeLeft: true,

  /**
   * A slot without traffic may still have what came before the switch, also one that no entry of the journal names. A
   * container that starts again has nothing of its own, and one in a crash loop would be drained for ever.
   */
  next(s: Situation, slot: SlotName, containers: readonly Container[]): Drain | undefined {
    const { drained, stopping } = s.progress;
    const left = containers.filter(
      (one) => one.running && !drained.has(one.id) && !stopping.has(lifeOf(one)),
    );
    return left.length > 0 ? { do: 'drain', slot, containers: left } : undefined;
  },

  describe: ({ slot, containers }) => ({ text: `drain ${slot}`, slot, services: servicesOf(containers) }),
  predict: (s, { containers }) =>
    withProofs(s, { drained: new Set([...s.progress.drained, ...containers.map(({ id }) => id)]) }),

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
    for (const container of step.containers) run.seen.drained.add(container.id);
  },
} satisfies Kind<Drain> & Record<'next', unknown>;
