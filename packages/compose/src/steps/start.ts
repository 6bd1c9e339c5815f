import type { Container } from '../domain/container.ts';
import { imageSettings } from '../domain/layout.ts';
import type { Image } from '../domain/release.ts';
import {
  assert,
  containersOf,
  hasSwitched,
  replicasOf,
  type Situation,
  type Wanted,
} from '../domain/situation.ts';
import type { UpOrder } from '../ports/index.ts';
import type { Kind } from './kind.ts';

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
    const orders = Object.entries(wanted).flatMap(([service, image]): StartOrder[] => {
      const replicas = replicasOf(s, service);
      const isMissing = containersOf(s, service).length < (replicas ?? 1);
      return image && isMissing ? [{ service, image, replicas }] : [];
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
  async perform({ ports: { engine }, layout, signal, seen }, { orders }, s) {
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

const created = (s: Situation, { service, image, replicas }: StartOrder): readonly Container[] =>
  Array.from({ length: (replicas ?? 1) - containersOf(s, service).length }, (_, index) => ({
    id: `planned ${service} ${s.containers.length + index}`,
    name: service,
    service,
    image: image.id,
    imageName: image.name,
    running: true,
    health: 'healthy',
    startedAt: '',
    restarts: 0,
    exitCode: 0,
    addresses: [],
  }));
