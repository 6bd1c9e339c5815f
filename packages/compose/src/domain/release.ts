import type { ServiceName } from './layout.ts';

/** An image, resolved once: `ref` is what a container is created from (a digest), `id` is what it shows then. */
export interface Image {
  readonly name: string;
  readonly ref: string;
  readonly id: string;
}

/** What is deployed: an image for the slots and one for each background service. */
export interface Release {
  readonly id: string;
  readonly slot: Image;
  readonly background: Readonly<Record<ServiceName, Image>>;
}

export const sameImages = (a: Release, b: Release): boolean =>
  a.slot.id === b.slot.id &&
  Object.entries(a.background).every(([service, { id }]) => b.background[service]?.id === id);
