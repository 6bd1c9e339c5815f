import { type Configuration, changedSettings } from './configuration.ts';
import type { ServiceName } from './layout.ts';

/** An image, resolved once: `ref` is what a container is created from (a digest), `id` is what it shows then. */
export interface Image {
  readonly name: string;
  readonly ref: string;
  readonly id: string;
}

/** What is deployed: an image for the slots and one for each background service, and what they are created with. */
export interface Release {
  readonly id: string;
  readonly slot: Image;
  readonly background: Readonly<Record<ServiceName, Image>>;
  /** As the project had it when the release was deployed; services of which it is not known are left out. */
  readonly configuration: Configuration;
}

export const hasSameImages = (a: Release | undefined, b: Release): boolean =>
  a?.slot.id === b.slot.id &&
  Object.entries(a.background).every(([service, { id }]) => b.background[service]?.id === id);

/** The same images, created with the same configuration as far as it is known. */
export const isSameRelease = (a: Release, b: Release): boolean =>
  hasSameImages(a, b) &&
  Object.keys(a.configuration).every(
    (service) => changedSettings(a.configuration[service], b.configuration[service]).length === 0,
  );
