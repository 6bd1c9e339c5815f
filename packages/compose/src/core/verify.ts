import { judge, type Look, lifeOf } from './judge.ts';
import type { Container, RouterSlot, Step } from './model.ts';
import type { Run } from './run.ts';

const INTERVAL = 250;
// The router is not asked about a background service.
const NO_ROUTER: RouterSlot = { up: true, sessions: 0 };

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
    // Not by the caller's signal: nobody would run the jobs.
    await clock.sleep(INTERVAL, run.alarm);
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
