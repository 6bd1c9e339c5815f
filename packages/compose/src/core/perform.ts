import type { Exit } from '../ports.ts';
import { serviceOf } from './decide.ts';
import { drain } from './drain.ts';
import { asDeployError } from './failure.ts';
import { gate } from './gate.ts';
import { lifeOf } from './judge.ts';
import type { Container, Situation, SlotName, StartOrder, Step } from './model.ts';
import { DEFAULT_GRACE_PERIOD } from './policy.ts';
import { type Run, write } from './run.ts';
import { switchTraffic } from './switch.ts';
import { verify } from './verify.ts';
import { watch } from './watch.ts';

/** Makes a step's post-condition true through the ports. Each is safe to repeat. */
export async function perform(run: Run, s: Situation, step: Step): Promise<void> {
  switch (step.do) {
    case 'start':
      return start(run, s, step.orders);
    case 'gate':
      return gate(run, step);
    case 'verify':
      return verify(run, step);
    case 'stop':
      return stop(run, s, step.containers);
    case 'remove':
      return together(step.containers.map(run.ports.engine.remove));
    case 'switch':
      return switchTraffic(run, s, step);
    case 'close':
      return close(run, step);
    case 'persist':
      return run.ports.router.persist(step.slot);
    case 'drain':
      return drain(run, step);
    case 'watch':
      return watch(run, step);
    case 'finish':
      return;
  }
}

/** A step is over when all its parts are: one that failed leaves no other behind that still acts. */
async function together(parts: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(parts)).find(({ status }) => status === 'rejected');
  if (failed) throw (failed as PromiseRejectedResult).reason;
}

/** The images go where Compose reads them before Compose reads them. */
async function start(run: Run, s: Situation, orders: readonly StartOrder[]): Promise<void> {
  const { ports, layout, signal, intent, seen } = run;
  const variables = variablesOf(layout);
  await ports.engine.pin(
    Object.fromEntries(orders.map(({ service, image }) => [variables[service] as string, image.ref])),
  );
  // Past the switch a start is never cut short: nobody would run the jobs.
  const cut = s.router.live === intent.target ? undefined : signal;
  await together(orders.map(({ service, replicas }) => ports.engine.up(service, replicas, cut)));
  const services = orders.map(({ service }) => service);
  const containers = await ports.engine.observe();
  for (const { id, service } of containers) if (services.includes(service)) seen.started.add(id);
}

const variablesOf = ({ slots, background }: Run['layout']): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(Object.values(slots).map(({ service, image }) => [service, image])),
  ...Object.fromEntries(Object.entries(background).map(([service, { image }]) => [service, image])),
});

/** Like a switch it can be repeated and not named by id, so the lock is asked last. */
async function close({ ports, lock }: Run, { slot }: Extract<Step, { do: 'close' }>): Promise<void> {
  await lock.confirm();
  await ports.router.close?.(slot);
}

/** One SIGTERM for each life of a container: who was told before is only waited for. */
async function stop(run: Run, s: Situation, containers: readonly Container[]): Promise<void> {
  const told = new Set(s.progress.stopping);
  const fresh = containers.map(lifeOf).filter((life) => !told.has(life));
  if (fresh.length > 0) await write(run, { type: 'stopping', containers: fresh });
  await together(containers.map((container) => stopOne(run, container, told.has(lifeOf(container)))));
}

async function stopOne({ ports, layout }: Run, container: Container, told: boolean): Promise<void> {
  const { engine, clock, emit } = ports;
  const begun = clock.now();
  const grace = graceOf(layout, container);
  // Who outlives its grace was never told: the process died between its note and its call.
  const exit =
    (told ? await engine.awaitExit(container, grace) : undefined) ?? (await engine.stop(container, grace));
  const { service, id } = container;
  const duration = clock.now() - begun;
  emit({
    type: 'stopped',
    stop: { service, container: id, verdict: verdictOf(exit), exitCode: exit.code, duration },
  });
}

const verdictOf = ({ found, code }: Exit) => (found ? (code === 137 ? 'killed' : 'clean') : 'already gone');

function graceOf({ slots, background }: Run['layout'], { service, stopTimeout }: Container): number {
  const found = background[service] ?? Object.values(slots).find((slot) => slot.service === service);
  if (!found) throw new Error(`assertion: ${service} is not deployed`);
  return found.gracePeriod ?? stopTimeout ?? DEFAULT_GRACE_PERIOD;
}

/** What a bare `up` would start is seen nowhere, so it is written at every end, also by who only finished the rest. */
export async function prefer(run: Run, live: SlotName): Promise<void> {
  const { ports, layout } = run;
  const others = Object.keys(layout.slots).filter((slot) => slot !== live);
  try {
    await ports.engine.prefer(
      serviceOf({ layout }, live),
      others.map((slot) => serviceOf({ layout }, slot)),
    );
  } catch (thrown) {
    throw asDeployError(run, { do: 'persist', slot: live }, thrown);
  }
}
