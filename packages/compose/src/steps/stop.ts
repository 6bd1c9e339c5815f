import { type Container, lifeOf } from '../domain/container.ts';
import { gracePeriods } from '../domain/layout.ts';
import { DEFAULT_GRACE_PERIOD } from '../domain/policy.ts';
import type { Engine, Exit } from '../ports/index.ts';
import { MOMENT } from '../run/observe.ts';
import { type Run, write } from '../run/run.ts';
import { together } from '../run/together.ts';
import { assertNotServing, isOfOldSlot, isOneOf, servicesOf } from './containers.ts';
import type { Kind } from './kind.ts';

export interface Stop {
  readonly do: 'stop';
  readonly containers: readonly Container[];
}

/** One SIGTERM for each life of a container: one that has its SIGTERM, or may have it, is only waited for. */
export const stop = {
  failure: 'stop-failed',

  next(containers: readonly Container[]): Stop | undefined {
    const running = containers.filter((container) => container.running);
    return running.length > 0 ? { do: 'stop', containers: running } : undefined;
  },

  describe: ({ containers }) => {
    const services = servicesOf(containers);
    return { text: `stop ${services.join(', ')}`, services };
  },

  predict: (s, { containers }) => ({
    ...s,
    containers: s.containers.map((c) => (isOneOf(containers, c) ? { ...c, running: false } : c)),
  }),

  assertSafe: (s, step) => assertNotServing(s, step),
  endsWayBack: (s, { containers }) => isOfOldSlot(s, containers),

  async perform(run, { containers }, s) {
    const announced = s.progress.stopping;
    const fresh = containers.map(lifeOf).filter((life) => !announced.has(life));
    const begun = run.ports.clock.now();
    if (fresh.length > 0) await write(run, { type: 'stopping', containers: fresh });
    // Of an engine that had to be asked again, containers may have started again: that life has not been announced.
    const isLate = run.ports.clock.now() - begun > MOMENT;
    const there = isLate ? (await run.ports.engine.observe()).map(lifeOf) : containers.map(lifeOf);
    const same = containers.filter((container) => there.includes(lifeOf(container)));
    await together(same.map((container) => stopOne(run, container, announced.has(lifeOf(container)))));
  },
} satisfies Kind<Stop> & Record<'next', unknown>;

async function stopOne(
  { ports, layout, lock }: Run,
  container: Container,
  announced: boolean,
): Promise<void> {
  const { engine, clock, emit } = ports;
  const { service, id, stopTimeout } = container;
  const begun = clock.now();
  const grace = gracePeriods(layout)[service] ?? stopTimeout ?? DEFAULT_GRACE_PERIOD;
  const exit =
    (announced ? await exitIfSignalled(engine, container, grace) : undefined) ??
    (await engine.stop(container, grace, lock.confirm));
  const duration = clock.now() - begun;
  emit({
    type: 'stopped',
    stop: { service, container: id, verdict: verdictOf(exit), exitCode: exit.code, duration },
  });
}

/**
 * For a stop that the journal announces already. Undefined: send SIGTERM now, since the process that announced it died
 * before its call. Where the engine does not know, that call may still be on its way: it gets one grace period to arrive.
 */
async function exitIfSignalled(
  engine: Engine,
  container: Container,
  grace: number,
  ifUnknown = grace,
): Promise<Exit | undefined> {
  const found = await engine.wasSignalled(container);
  if (found?.signalled === false) return undefined;
  const rest = found ? grace - found.ago : ifUnknown;
  if (rest <= 0) return undefined;
  // A call that was on its way may have arrived meanwhile.
  return (await engine.awaitExit(container, rest)) ?? exitIfSignalled(engine, container, grace, 0);
}

const verdictOf = ({ found, code }: Exit) => (found ? (code === 137 ? 'killed' : 'clean') : 'already gone');
