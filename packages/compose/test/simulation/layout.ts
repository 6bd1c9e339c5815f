import type { Layout } from '../../src/domain/layout.ts';
import type { Policy } from '../../src/domain/policy.ts';
import type { Image, Release } from '../../src/domain/release.ts';

/** The shop of the simulator: two slots, one cron, two workers; short times, since virtual time is not free either. */
export const layout: Layout = {
  slots: {
    blue: { service: 'api_blue', image: 'BLUE_IMAGE', gracePeriod: 5_000 },
    green: { service: 'api_green', image: 'GREEN_IMAGE', gracePeriod: 5_000 },
  },
  background: {
    cron: { image: 'CRON_IMAGE', gracePeriod: 12_000, exclusive: true },
    worker: { image: 'WORKER_IMAGE', gracePeriod: 16_000, exclusive: false },
  },
};

export const policy: Policy = {
  gate: { consecutive: 2, stableFor: 1_000, interval: 500, timeout: 12_000, checks: [] },
  drain: { timeout: 6_000, interval: 1_500 },
  watch: { for: 500, every: 500 },
  verify: { stableFor: 500, timeout: 6_000 },
  hooks: {},
};

/** How many containers of a service the Compose file asks for. */
export const scaleOf = (service: string): number => (service === 'worker' ? 2 : 1);

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

export const release = (version: string): Release => ({
  id: version,
  slot: image(version),
  background: { cron: image(version), worker: image(version) },
  configuration: {},
});

const services = { ...layout.background, api_blue: layout.slots.blue, api_green: layout.slots.green };
export const serviceNames = Object.keys(services);

export const variableOf = (service: string): string =>
  (services as Record<string, { image: string }>)[service]?.image ?? '';
export const graceOf = (service: string): number =>
  (services as Record<string, { gracePeriod: number }>)[service]?.gracePeriod ?? 0;
export const slotOf = (service: string): string | undefined =>
  Object.keys(layout.slots).find((slot) => layout.slots[slot]?.service === service);
