import { lifeOf } from './judge.ts';
import type { Step } from './model.ts';
import { cutBy, type Run } from './run.ts';

/** Waits until the router counts no session on the slot, twice in a row, or the deadline; what is left is announced. */
export async function drain(run: Run, step: Extract<Step, { do: 'drain' }>): Promise<void> {
  const { clock, router, emit } = run.ports;
  const { timeout, interval } = run.policy.drain;
  const deadline = clock.now() + timeout;
  let empty = 0;
  for (;;) {
    const sessions = (await router.observe()).slots[step.slot]?.sessions ?? 0;
    empty = sessions === 0 ? empty + 1 : 0;
    if (empty >= 2) break;
    if (clock.now() >= deadline) {
      emit({ type: 'progress', step, note: `deadline reached: ${sessions} sessions are cut` });
      break;
    }
    if (sessions > 0) emit({ type: 'progress', step, note: `${sessions} sessions remain` });
    await clock.sleep(interval, cutBy(run));
  }
  run.seen.drained.add(lifeOf(step.container));
}
