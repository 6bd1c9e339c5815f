import { type Configuration, changedSettings } from './configuration.ts';
import type { RoleName, ServiceName } from './layout.ts';

/** An image, resolved once: `ref` is what a container is created from (a digest), `id` is what it shows then. */
export interface Image {
  readonly name: string;
  readonly ref: string;
  readonly id: string;
}

/** What is deployed: an image for each service, and what their containers are created with. */
export interface Release {
  readonly id: string;
  readonly slots: Readonly<Record<RoleName, Image>>;
  readonly background: Readonly<Record<ServiceName, Image>>;
  /** Of what runs once; not known of what ran before the first deployment. */
  readonly jobs: Readonly<Record<ServiceName, Image>>;
  /** As the project had it when the release was deployed; services of which it is not known are left out. */
  readonly configuration: Configuration;
  /** The id under which the project keeps that; undefined where it does not. */
  readonly kept?: string | undefined;
}

type Images = Readonly<Record<string, Image>>;

export const areSameImages = (a: Images, b: Images): boolean =>
  Object.entries(a).every(([name, { id }]) => b[name]?.id === id);

export const hasSameImages = (a: Release | undefined, b: Release): boolean =>
  a !== undefined && areSameImages(a.slots, b.slots) && areSameImages(a.background, b.background);

/** The same images and, where both are kept, the same kept configuration: a rollback tells no more apart. */
export const isSameTarget = (a: Release | undefined, b: Release): boolean =>
  hasSameImages(a, b) && (!a?.kept || !b.kept || a.kept === b.kept);

/** What images are called together: `api:2+web:2`. */
export const namesOf = (images: Images): string =>
  [...new Set(Object.values(images).map(({ name }) => name))].join('+');

/** The same images, created with the same configuration as far as it is known. */
export const isSameRelease = (a: Release, b: Release): boolean =>
  hasSameImages(a, b) &&
  Object.keys(a.configuration).every(
    (service) => changedSettings(a.configuration[service], b.configuration[service]).length === 0,
  );
