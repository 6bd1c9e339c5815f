import { type Container, judge, lifeOf } from '../domain/container.ts';
import { isProven } from '../domain/fitness.ts';
import type { View } from '../domain/router-state.ts';
import { containersOf, including, type Situation, type Wanted, withProofs } from '../domain/situation.ts';
import { emitLogs } from '../run/logs.ts';
import { leaveBehind, type Run } from '../run/run.ts';
import { servicesOf } from './containers.ts';
import type { Kind } from './kind.ts';

export interface Verify {
  readonly do: 'verify';
  readonly containers: readonly Container[];
}

const INTERVAL = 250;
// The router is not asked about a background service.
const NO_ROUTER: readonly View[] = [];

/** Background services must be up, healthy where they say, and stay so for a while. */
export const verify = {
  failure: 'verify-failed',

  next(s: Situation, wanted: Wanted): Verify | undefined {
    const containers = Object.keys(wanted)
      .flatMap((service) => containersOf(s, service))
      .filter((container) => !isProven(s, container));
    return containers.length > 0 ? { do: 'verify', containers } : undefined;
  },

  describe: ({ containers }) => {
    const services = servicesOf(containers);
    return { text: `verify ${services.join(', ')}`, services };
  },

  predict: (s, { containers }) => withProofs(s, { proven: including(s.progress.proven, containers) }),
  perform: prove,
} satisfies Kind<Verify> & Record<'next', unknown>;

async function prove(run: Run, step: Verify): Promise<void> {
  const { clock, engine } = run.ports;
  const { stableFor, timeout } = run.policy.verify;
  const deadline = clock.now() + timeout;
  let since: number | undefined;
  for (;;) {
    const fault = worstOf(step.containers, await engine.observe());
    if (fault && (fault.final || clock.now() >= deadline)) throw refused(run, fault);
    since = fault ? undefined : (since ?? clock.now());
    if (since !== undefined && clock.now() - since >= stableFor) break;
    // Not by the caller's signal: the jobs would not run.
    await clock.sleep(INTERVAL, run.alarm);
  }
  for (const container of step.containers) run.seen.proven.add(lifeOf(container));
}

interface Fault {
  readonly container: Container;
  readonly why: string;
  readonly final?: boolean;
}

/** What is bad for good comes before what may get better. */
function worstOf(containers: readonly Container[], seen: readonly Container[]): Fault | undefined {
  const faults = containers.flatMap((container): Fault[] => {
    const now = seen.find(({ id }) => id === container.id);
    const found = judge(container, now, NO_ROUTER);
    return found.good ? [] : [{ ...found, container }];
  });
  return faults.find(({ final }) => final) ?? faults[0];
}

/** Traffic goes back first: the output is read beside that, before anything is removed. */
function refused(run: Run, { container, why }: Fault): Error {
  leaveBehind(run, emitLogs(run, container));
  return new Error(`${container.service}: ${why}`);
}
