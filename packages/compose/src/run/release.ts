import { DeployError } from '../domain/errors.ts';
import { lastDeployed, unfinished } from '../domain/journal.ts';
import type { Layout, ServiceName } from '../domain/layout.ts';
import type { Image, Release } from '../domain/release.ts';
import type { Ports } from '../ports/index.ts';
import { type Resolving, resolveImage } from './resolve.ts';

/** A new version: one image for everything, or one for each service, or both. */
export interface ReleaseRequest {
  /** Image of every service that `images` does not name. */
  image?: string;
  /** Images by Compose service; that of the slots goes by the name of either slot's service. */
  images?: Readonly<Record<ServiceName, string>>;
  /** What people call it. Default: the image of the slots. */
  id?: string;
}

/** Each image of the request found on the engine (or pulled) and resolved to what will be pinned. */
export async function resolveRelease(
  ports: Resolving,
  layout: Layout,
  request: ReleaseRequest,
  signal?: AbortSignal,
): Promise<Release> {
  const names = imageNames(layout, request);
  const distinct = [...new Set(Object.values(names))];
  const found = new Map<string, Image>();
  for (const name of distinct) found.set(name, await resolveImage(ports, name, { signal }));
  const image = (service: string) => found.get(names[service] ?? '') as Image;
  const [slot] = Object.values(layout.slots);
  return {
    id: request.id ?? names[slot?.service ?? ''] ?? '',
    slot: image(slot?.service ?? ''),
    background: Object.fromEntries(
      Object.keys(layout.background).map((service) => [service, image(service)]),
    ),
  };
}

function imageNames(
  layout: Layout,
  { image, images = {} }: ReleaseRequest,
): Readonly<Record<ServiceName, string>> {
  const slots = Object.values(layout.slots).map(({ service }) => service);
  const services = [...slots, ...Object.keys(layout.background)];
  for (const name of Object.keys(images)) {
    if (!services.includes(name)) throw invalid(`an image for ${name}`, `images of ${services.join(', ')}`);
  }
  const slotImage = slots.map((service) => images[service]).find(Boolean) ?? image;
  const names = services.map((service) => [
    service,
    slots.includes(service) ? slotImage : (images[service] ?? image),
  ]);
  const without = names
    .filter(([, name]) => typeof name !== 'string' || name.trim() === '')
    .map(([service]) => service);
  if (without.length > 0)
    throw invalid(`no image for ${without.join(', ')}`, '{ image } or { images: { service } }');
  return Object.fromEntries(names);
}

const invalid = (found: string, wanted: string) =>
  new DeployError('invalid-release', {
    doing: 'reading the release',
    found,
    wanted,
    fix: 'name the image to deploy',
  });

/** What ran before the deployment that runs now. */
export async function earlierRelease(
  ports: Resolving & Pick<Ports, 'ledger'>,
  signal?: AbortSignal,
): Promise<Release> {
  const journal = await ports.ledger.read();
  const current = unfinished(journal) ?? lastDeployed(journal);
  const { id, slot, background } = current?.previous ?? {};
  if (id !== undefined && slot && background) {
    // A clean-up of the host may have taken an image since: better known now than half-way.
    for (const { ref, name } of [slot, ...Object.values(background)])
      await resolveImage(ports, ref, { signal, image: name });
    return { id, slot, background };
  }
  throw new DeployError('no-previous-release', {
    doing: 'rolling back',
    found: current ? `nothing ran before ${current.release.id}` : 'the journal knows no deployment',
    wanted: 'an earlier release',
    fix: 'deploy the version you want by its name',
  });
}
