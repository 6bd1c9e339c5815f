import { DeployError } from '../domain/errors.ts';
import { changedConfigurationOnly, earlierRelease, jobsOf, releasesOf } from '../domain/history.ts';
import { unfinished } from '../domain/journal.ts';
import { type Layout, type RoleName, rolesOf, type ServiceName, serviceOf } from '../domain/layout.ts';
import { liveSlot } from '../domain/live-slot.ts';
import { mapValues } from '../domain/map-values.ts';
import { hasSameImages, type Image, namesOf, type Release } from '../domain/release.ts';
import type { Ports } from '../ports/index.ts';
import { observe } from '../run/observe.ts';
import { knownOn } from './beginning.ts';
import { nameOf } from './form.ts';
import { knownImages } from './known-images.ts';
import { type Resolving, resolveImage } from './resolve.ts';

/** A new version: one image for everything, or one for each service, or both. */
export interface ReleaseRequest {
  /** Image of every service that `images` does not name. */
  image?: string;
  /** Images by Compose service; one of the slots goes by its role, or by the name of the service of either slot. */
  images?: Readonly<Record<RoleName | ServiceName, string>>;
  /** What people call it. Default: the images of the slots. */
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
  const images = new Map<string, Image>();
  for (const name of new Set(names.values())) images.set(name, await resolveImage(ports, name, { signal }));
  const imageOf = (target: string) => images.get(names.get(target) ?? '') as Image;
  const slots = Object.fromEntries(rolesOf(layout).map((role) => [role, imageOf(role)]));
  return {
    id: request.id ?? namesOf(slots),
    slots,
    background: mapValues(layout.background, (_, service) => imageOf(service)),
    jobs: mapValues(layout.jobs, (_, service) => imageOf(service)),
    configuration: await ports.engine.configuration(),
  };
}

/** Image names by role and by background service. */
function imageNames(layout: Layout, { image, images = {} }: ReleaseRequest): ReadonlyMap<string, string> {
  const targets = [
    ...rolesOf(layout).map((role) => ({
      target: role,
      // The role last: it may be the name of no service.
      aliases: [...Object.keys(layout.slots).map((slot) => serviceOf(layout, slot, role)), role],
    })),
    ...Object.keys({ ...layout.background, ...layout.jobs }).map((service) => ({
      target: service,
      aliases: [service],
    })),
  ];
  const known = targets.flatMap(({ aliases }) => aliases);
  for (const name of Object.keys(images))
    if (!known.includes(name)) throw invalid(`an image for ${name}`, `images of ${known.join(', ')}`);
  const found = targets.map(({ target, aliases }) => {
    const name = aliases.map((alias) => images[alias]).find(Boolean) ?? image;
    return { target, name: typeof name === 'string' && name.trim() !== '' ? name : undefined, aliases };
  });
  const without = found.filter(({ name }) => name === undefined).map(({ aliases: [service] }) => service);
  if (without.length > 0)
    throw invalid(`no image for ${without.join(', ')}`, '{ image } or { images: { service } }');
  return new Map(found.map(({ target, name }) => [target, name as string]));
}

const invalid = (found: string, wanted: string) =>
  new DeployError('invalid-release', {
    doing: 'reading the release',
    found,
    wanted,
    fix: 'name the image to deploy',
  });

/** What runs now, with the configuration as the project has it now. */
export async function currentRelease(ports: Ports, layout: Layout, signal?: AbortSignal): Promise<Release> {
  const { engine, ledger } = ports;
  const now = await observe(ports);
  const journal = await ledger.read();
  const imageOf = async (service: ServiceName): Promise<Image> => {
    const container = knownOn(now, service);
    if (!container) throw invalid(`${service} has no container`, 'services that run: deploy an image first');
    const known = await knownImages(engine, journal, [container], signal);
    const found = known.get(container.image);
    if (found) return found;
    throw new DeployError('image-missing', {
      doing: 'reading what runs',
      found: `the engine has no record of the image that ${service} runs (${container.imageName})`,
      wanted: 'an image to create its containers from',
      fix: 'deploy that version, or another one, by its name',
    });
  };
  const live = liveSlot(now.router);
  const slots: Record<RoleName, Image> = {};
  for (const role of rolesOf(layout)) slots[role] = await imageOf(serviceOf(layout, live, role));
  const background: Record<ServiceName, Image> = {};
  for (const service of Object.keys(layout.background)) background[service] = await imageOf(service);
  const jobs = mapValues(layout.jobs, (_, service) => {
    const image = jobsOf(journal)[service];
    if (!image)
      throw invalid(`${service} has not run yet`, 'a job of which the image is known: deploy an image first');
    return image;
  });
  const id = nameOf(journal, slots) ?? namesOf(slots);
  return { id, slots, background, jobs, configuration: await engine.configuration() };
}

/** What a rollback goes back to: the release called `to`, else the one before. */
export async function releaseBefore(
  ports: Resolving & Pick<Ports, 'ledger'>,
  { to, signal }: { to?: string | undefined; signal?: AbortSignal | undefined } = {},
): Promise<Release> {
  const journal = await ports.ledger.read();
  const known = releasesOf(journal);
  if (to === undefined && !unfinished(journal) && changedConfigurationOnly(journal))
    throw onlyConfigurationChanged(known);
  const found = to === undefined ? earlierRelease(journal) : known.findLast(({ id }) => id === to);
  if (!found) throw noPrevious(to, known);
  // A clean-up of the host may have taken an image since: better known now than half-way.
  for (const image of [...Object.values(found.slots), ...Object.values(found.background)])
    await assertThere(ports, found, image, signal);
  const configuration = found.kept === undefined ? undefined : await ports.engine.kept(found.kept);
  if (configuration) return { ...found, configuration };
  if (to === undefined && !unfinished(journal) && hasSameImages(known.at(-1), found))
    throw onlyConfigurationChanged(known);
  return { ...found, kept: undefined, configuration: await ports.engine.configuration() };
}

/** A container that still runs, such as that of a slot that is warm, needs no image: one switch is the way back. */
async function assertThere(
  ports: Resolving,
  { id }: Release,
  image: Image,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await resolveImage(ports, image.ref, { signal, image: image.name });
  } catch (error) {
    if (!(error instanceof DeployError) || error.code !== 'image-missing') throw error;
    const containers = await ports.engine.observe();
    if (containers.some((one) => one.running && one.image === image.id)) return;
    throw new DeployError(
      error.code,
      {
        doing: `rolling back to ${id}`,
        found: `its image ${image.name} is gone from the engine: ${error.explanation.found}`,
        wanted: error.explanation.wanted,
        fix: 'build or push that version again and deploy it by its name, or rollback({ to }) to another one',
      },
      { cause: error },
    );
  }
}

const onlyConfigurationChanged = (known: readonly Release[]): DeployError =>
  new DeployError('no-previous-release', {
    doing: 'rolling back',
    found:
      'the latest deployment changed the configuration alone, and what it was before is not kept: a rollback then brings back images',
    wanted: 'another image before it, or a configuration that is kept and can be read',
    fix: `put the files back as they were and call refresh(), or rollback({ to }) for an earlier image (${known.map(({ id }) => id).join(', ')})`,
  });

function noPrevious(to: string | undefined, known: readonly Release[]): DeployError {
  const current = known.at(-1);
  const names = known.map(({ id }) => id).join(', ');
  const nothing = current ? `nothing ran before ${current.id}` : 'the journal knows no deployment';
  return new DeployError('no-previous-release', {
    doing: to === undefined ? 'rolling back' : `rolling back to ${to}`,
    found: to === undefined ? nothing : `the journal has ${names || 'no release'}`,
    wanted: 'an earlier release',
    fix: 'deploy the version you want by its name',
  });
}
