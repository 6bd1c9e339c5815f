import {
  type Layout,
  type RoleName,
  type ServiceName,
  type SlotName,
  servicesOfSlot,
} from '../../src/domain/layout.ts';
import { DEFAULT_WATCH, type Policy } from '../../src/domain/policy.ts';
import type { Image, Release } from '../../src/domain/release.ts';

/** A slot of one service with one container, or of two services with two containers each. */
export type Shape = 'single' | 'pairs';

const slotService = (role: RoleName, slot: SlotName, image: string) => ({
  service: `${role}_${slot}`,
  image,
  gracePeriod: 5_000,
});
const background: Layout['background'] = {
  cron: { image: 'CRON_IMAGE', gracePeriod: 12_000, exclusive: true },
  worker: { image: 'WORKER_IMAGE', gracePeriod: 16_000, exclusive: false },
};
const jobs: Layout['jobs'] = {
  migrate: { image: 'MIGRATE_IMAGE', at: 'before-start', timeout: 8_000, gracePeriod: 2_000 },
  contract: { image: 'CONTRACT_IMAGE', at: 'after-watch', timeout: 8_000, gracePeriod: 2_000 },
};
const layouts: Readonly<Record<Shape, Layout>> = {
  single: {
    slots: {
      blue: { services: { app: slotService('api', 'blue', 'BLUE_IMAGE') } },
      green: { services: { app: slotService('api', 'green', 'GREEN_IMAGE') } },
    },
    background,
    jobs: {},
  },
  pairs: {
    slots: {
      blue: {
        services: {
          api: slotService('api', 'blue', 'BLUE_IMAGE'),
          web: slotService('web', 'blue', 'WEB_BLUE_IMAGE'),
        },
      },
      green: {
        services: {
          api: slotService('api', 'green', 'GREEN_IMAGE'),
          web: slotService('web', 'green', 'WEB_GREEN_IMAGE'),
        },
      },
    },
    background,
    jobs: {},
  },
};

/** The shop of the simulator: two slots, one cron, two workers; short times, since virtual time is not free either. */
export interface Shop {
  readonly layout: Layout;
  readonly roles: readonly RoleName[];
  /** Of the slots and in the background. */
  readonly services: readonly ServiceName[];
  readonly jobs: readonly ServiceName[];
  servicesOf(slot: SlotName): readonly ServiceName[];
  /** How many containers of a service the Compose file asks for, at first. */
  scaleOf(service: ServiceName): number;
  release(version: string): Release;
}

function shopOf(shape: Shape, jobs: Layout['jobs'] = {}): Shop {
  const layout = { ...layouts[shape], jobs };
  const roles = Object.keys(layout.slots.blue?.services ?? {});
  const slots = Object.fromEntries(
    Object.keys(layout.slots).map((slot) => [slot, servicesOfSlot(layout, slot)]),
  );
  const all = (names: readonly string[], version: string) =>
    Object.fromEntries(names.map((name) => [name, image(version)]));
  return {
    layout,
    roles,
    services: [...Object.keys(background), ...Object.values(slots).flat()],
    jobs: Object.keys(jobs),
    servicesOf: (slot) => slots[slot] ?? [],
    scaleOf: (service) => (service === 'worker' || (shape === 'pairs' && slotOf(service)) ? 2 : 1),
    release: (version) => ({
      id: version,
      slots: all(roles, version),
      background: all(Object.keys(background), version),
      jobs: all(Object.keys(jobs), version),
      configuration: {},
    }),
  };
}

export const policy: Policy = {
  gate: { consecutive: 2, stableFor: 1_000, interval: 500, timeout: 12_000, unhealthy: 'fail', checks: [] },
  drain: { timeout: 6_000, interval: 1_500 },
  watch: { ...DEFAULT_WATCH, for: 500, every: 500 },
  verify: { stableFor: 500, timeout: 6_000 },
  hooks: {},
};

const images = new Map<string, Image>();

export function image(version: string): Image {
  const known = images.get(version);
  if (known) return known;
  const made = { name: `shop:${version}`, ref: `shop@sha256:${version}`, id: `sha256:${version}` };
  images.set(version, made);
  return made;
}

/** A secret that must not be seen anywhere. */
export const CANARY = 'hunter22';

export const versionOf = (imageText: string): string => imageText.slice(imageText.lastIndexOf(':') + 1);

/** Of every service that a shop may have. */
const known = new Map(
  [...Object.values(layouts.pairs.slots).flatMap(({ services }) => Object.values(services))]
    .map((one) => [one.service, one] as const)
    .concat(
      Object.entries({ ...background, ...jobs }).map(([service, one]) => [
        service,
        { service, gracePeriod: 0, ...one },
      ]),
    ),
);
const slotsByService = new Map(
  Object.keys(layouts.pairs.slots).flatMap((slot) =>
    servicesOfSlot(layouts.pairs, slot).map((service) => [service, slot] as const),
  ),
);

export const variableOf = (service: string): string => known.get(service)?.image ?? '';
export const graceOf = (service: string): number => known.get(service)?.gracePeriod ?? 0;
export const slotOf = (service: string): string | undefined => slotsByService.get(service);

export const shops: Readonly<Record<Shape, Shop>> = { single: shopOf('single'), pairs: shopOf('pairs') };
/** The same with a job at each moment. */
export const shopsWithJobs: Readonly<Record<Shape, Shop>> = {
  single: shopOf('single', jobs),
  pairs: shopOf('pairs', jobs),
};
export const isJob = (service: string): boolean => service in jobs;
