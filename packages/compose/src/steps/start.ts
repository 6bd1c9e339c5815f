import type { Container } from '../domain/container.ts';
import { imageSettings } from '../domain/layout.ts';
import type { Image } from '../domain/release.ts';
import {
  assert,
  containersOf,
  hasSwitched,
  keptFor,
  replicasOf,
  type Situation,
  type Wanted,
} from '../domain/situation.ts';
import type { UpOrder } from '../ports/index.ts';
import type { Run } from '../run/run.ts';
import { KEPT_LOST } from '../status/sentence.ts';
import { type Kind, summaryOf } from './kind.ts';

export interface StartOrder extends UpOrder {
  readonly image: Image;
}

export interface Start {
  readonly do: 'start';
  readonly orders: readonly StartOrder[];
}

/** Creates and starts the containers that a service lacks. */
export const start = {
  failure: 'start-failed',

  next(s: Situation, wanted: Wanted): Start | undefined {
    const kept = keptFor(s);
    const orders = Object.entries(wanted).flatMap(([service, image]): StartOrder[] => {
      const replicas = replicasOf(s, service);
      const isMissing = containersOf(s, service).length < (replicas ?? 1);
      return image && isMissing ? [{ service, image, replicas, kept }] : [];
    });
    return orders.length > 0 ? { do: 'start', orders } : undefined;
  },

  describe: ({ orders }) => ({
    text: `start ${orders.map(({ service, image }) => `${service} on ${image.name}`).join(', ')}`,
    services: orders.map(({ service }) => service),
  }),

  predict: (s, { orders }) => ({
    ...s,
    containers: [...s.containers, ...orders.flatMap((order) => created(s, order))],
  }),

  assertSafe(s, { orders }) {
    for (const { service, replicas } of orders) {
      if (!s.layout.background[service]?.exclusive) continue;
      assert((replicas ?? 1) === 1, `${service} is exclusive and ${replicas} were wanted`);
      assert(!containersOf(s, service).some(({ running }) => running), `a second ${service} would run`);
    }
  },

  // The images go where the engine reads them before it reads them.
  async perform(run, step, s) {
    const { layout, signal, seen } = run;
    const { engine } = run.ports;
    const orders = s.progress.direction === 'back' ? await asFarAsKept(run, step) : step.orders;
    const settings = imageSettings(layout);
    await engine.pin(
      Object.fromEntries(orders.map(({ service, image }) => [settings[service] as string, image.ref])),
    );
    // Past the switch a start is never cut short: the jobs would not run.
    const cut = hasSwitched(s) ? undefined : signal;
    await engine.up(orders, cut);
    const services = orders.map(({ service }) => service);
    const containers = await engine.observe();
    for (const { id, service } of containers) if (services.includes(service)) seen.started.add(id);
  },
} satisfies Kind<Start> & Record<'next', unknown>;

/** On the way back a service with what is on disk is better than none. */
async function asFarAsKept(
  { ports: { engine, emit }, seen }: Run,
  step: Start,
): Promise<readonly StartOrder[]> {
  const kept = step.orders[0]?.kept;
  if (kept === undefined || (await engine.kept(kept))) return step.orders;
  seen.keptLost = true;
  emit({ type: 'progress', step: summaryOf(start, step), note: KEPT_LOST });
  return step.orders.map((order) => ({ ...order, kept: undefined }));
}

const created = (s: Situation, { service, image, replicas, kept }: StartOrder): readonly Container[] =>
  Array.from({ length: (replicas ?? 1) - containersOf(s, service).length }, (_, index) => ({
    id: `planned ${service} ${s.containers.length + index}`,
    name: service,
    service,
    image: image.id,
    imageName: image.name,
    kept,
    running: true,
    health: 'healthy',
    startedAt: '',
    restarts: 0,
    exitCode: 0,
    addresses: [],
  }));
