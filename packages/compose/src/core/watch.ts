import { judge, type Look, lifeOf } from './judge.ts';
import type { Container, RouterSlot, Step } from './model.ts';
import { observe } from './observe.ts';
import type { Run } from './runner.ts';
import { probe } from './switch.ts';

const INTERVAL = 250;
// The router is not asked about a background service.
const NO_ROUTER: RouterSlot = { up: true, sessions: 0 };

/** The old slot stays warm while the new one is watched: one bad look sends the traffic back. */
export async function soak(run: Run, step: Extract<Step, { do: 'soak' }>): Promise<void> {
  const { clock } = run.ports;
  const until = clock.now() + run.policy.soak;
  while (clock.now() < until) {
    await clock.sleep(Math.min(INTERVAL, until - clock.now()), run.signal);
    const { containers, router } = await observe(run.ports);
    const now = containers.find(({ id }) => id === step.container.id);
    const found = judge(step.container, now, router.slots[step.slot]);
    if (!found.good) throw new Error(found.why);
    await probe(run);
  }
  run.seen.soaked = true;
}

/** Background services must be up, healthy where they say, and stay so for a while. */
export async function verify(run: Run, step: Extract<Step, { do: 'verify' }>): Promise<void> {
  const { clock, engine } = run.ports;
  const { stableFor, timeout } = run.policy.verify;
  const deadline = clock.now() + timeout;
  let since: number | undefined;
  for (;;) {
    const found = worst(step.containers, await engine.observe());
    if (!found.good && (found.final || clock.now() >= deadline)) throw new Error(found.why);
    since = found.good ? (since ?? clock.now()) : undefined;
    if (since !== undefined && clock.now() - since >= stableFor) break;
    await clock.sleep(INTERVAL);
  }
  for (const container of step.containers) run.seen.proven.add(lifeOf(container));
}

/** What is bad for good comes before what may get better. */
function worst(containers: readonly Container[], seen: readonly Container[]): Look {
  const looks = containers.map((container): Look => {
    const now = seen.find(({ id }) => id === container.id);
    const found = judge(container, now, NO_ROUTER);
    return found.good ? found : { ...found, why: `${container.service}: ${found.why}` };
  });
  const bad = looks.filter((found) => !found.good);
  return bad.find(({ final }) => final) ?? bad[0] ?? { good: true };
}
