import { changedSettings } from '../domain/configuration.ts';
import { type Container, lifeOf } from '../domain/container.ts';
import { DeployError } from '../domain/errors.ts';
import { jobsOf } from '../domain/history.ts';
import type { Intent } from '../domain/intent.ts';
import { configurationOf, type JournalEntry, keptOf } from '../domain/journal.ts';
import {
  byService,
  type Layout,
  otherSlot,
  rolesOf,
  type ServiceName,
  type SlotName,
  serviceOf,
  servicesOfSlot,
} from '../domain/layout.ts';
import { areSameImages, type Image, namesOf, type Release } from '../domain/release.ts';
import { containersOf } from '../domain/situation.ts';
import type { Engine } from '../ports/index.ts';
import { type Beginning, knownOn, runningOn } from './beginning.ts';
import { aboutConfiguration, keptNow, NOT_RESTORABLE, settingsToRestore } from './kept.ts';
import { knownImages, withoutRecord } from './known-images.ts';
import { newReplicas, presentReplicas } from './replicas.ts';

/** The slot to deploy to: the idle one, or the live one when it has the release already. */
export function chooseTarget(beginning: Beginning, asked: SlotName | undefined): SlotName {
  const { layout, live, release } = beginning;
  const idle = otherSlot(layout, live);
  if (asked === undefined) return hasRelease(beginning, live) && hasRunJobs(beginning) ? live : idle;
  if (asked === idle) return idle;
  throw new DeployError('unknown-slot', {
    doing: `choosing the slot for ${release.id}`,
    found: asked === live ? `${asked} has the traffic` : `no slot is named ${asked}`,
    wanted: `the idle slot, ${idle}`,
    fix: 'leave the slot out; the idle one is chosen',
  });
}

const hasRelease = (beginning: Beginning, slot: SlotName): boolean =>
  Object.entries(byService(beginning.layout, slot, beginning.release.slots)).every(([service, image]) => {
    const running = runningOn(beginning.now, service);
    return running && reasonsToReplace(beginning, running, image).length === 0;
  });

/** A job on another image is a reason for a deployment, also where nothing else changes. */
const hasRunJobs = ({ kind, journal, release }: Beginning): boolean =>
  kind === 'rollback' || areSameImages(release.jobs, jobsOf(journal));

/** What this deployment wants, with all that an undo will need; from what runs, not from what is believed. */
export async function formIntent(
  engine: Pick<Engine, 'resolve' | 'configuration' | 'kept'>,
  beginning: Beginning,
  wanted: Pick<Intent, 'id' | 'target' | 'by' | 'began'>,
): Promise<Intent> {
  const { kind, layout, now, live, journal, release } = beginning;
  const services = { ...byService(layout, live, release.slots), ...release.background };
  const known = [...servicesOfSlot(layout, live), ...Object.keys(layout.background)].flatMap(
    (service) => knownOn(now, service) ?? [],
  );
  const recorded = await knownImages(engine, journal, known);
  const images = new Map(
    known.map((container) => [
      container.service,
      recorded.get(container.image) ?? withoutRecord(journal, container),
    ]),
  );
  const restores = await keptNow(engine, journal);
  const slots = imagesInSlot(layout, live, images);
  const changes = known.map((container) => ({
    service: container.service,
    reasons: reasonsToReplace(beginning, container, services[container.service]),
  }));
  const outdated = changes.filter(({ reasons }) => reasons.length > 0).map(({ service }) => service);
  return {
    ...wanted,
    kind,
    release,
    origin: live,
    previous: {
      id: (slots && (nameOf(journal, slots) ?? namesOf(slots))) ?? 'nothing',
      background: Object.fromEntries([...images].filter(([service]) => service in layout.background)),
      configuration: configurationOf(journal),
      restores,
      replicas: presentReplicas(beginning),
      lives: servicesOfSlot(layout, live).flatMap((service) => containersOf(now, service).map(lifeOf)),
      ...(slots ? { slots } : {}),
    },
    existing: now.containers.map(({ id }) => id),
    replaces: outdated
      .filter((service) => service in layout.background)
      .flatMap((service) => containersOf(now, service).map(({ id }) => id)),
    because: [
      ...changes.flatMap(({ reasons }) => reasons),
      ...known.filter(({ image }) => !recorded.has(image)).map(noWayBack),
      ...(keptOf(journal) === restores?.id ? [] : [NOT_RESTORABLE]),
      ...(kind === 'rollback'
        ? [...aboutJobs(beginning), ...(await aboutConfiguration(engine, beginning))]
        : []),
    ],
    replicas: newReplicas(beginning, wanted.target),
  };
}

/** Why a container is not what the release wants: another image, or settings that have changed since it was deployed. */
function reasonsToReplace(
  beginning: Beginning,
  { service, image, imageName }: Container,
  wanted: Image | undefined,
): readonly string[] {
  const { kind, journal, release } = beginning;
  if (!wanted) return [];
  if (image !== wanted.id) return [`${service}: ${imageName} → ${wanted.name}`];
  if (kind === 'rollback') return settingsToRestore(beginning, service);
  const changed = changedSettings(configurationOf(journal)[service], release.configuration[service]);
  return changed.map((setting) => `${service}: ${setting} has changed`);
}

/** What a rollback cannot take back. */
const aboutJobs = ({ journal, release }: Beginning): readonly string[] =>
  Object.entries(jobsOf(journal)).map(
    ([service, { name }]) =>
      `${service} ran on ${name} and is not undone: ${release.id} has to work with what it did`,
  );

const noWayBack = ({ service, imageName }: Container): string =>
  `${service}: the engine has no record of the image that it runs (${imageName}); there is no way back to it once it is stopped`;

/** The images of a slot by role; undefined where one of its services has no container. */
function imagesInSlot(
  layout: Layout,
  slot: SlotName,
  images: ReadonlyMap<ServiceName, Image>,
): Release['slots'] | undefined {
  const known = rolesOf(layout).flatMap((role) => {
    const image = images.get(serviceOf(layout, slot, role));
    return image ? [[role, image] as const] : [];
  });
  return known.length === rolesOf(layout).length ? Object.fromEntries(known) : undefined;
}

/** What people called the release of which these were the images of the slots. */
export function nameOf(journal: readonly JournalEntry[], slots: Release['slots']): string | undefined {
  const found = journal.findLast(
    (entry) => entry.type === 'intent' && areSameImages(entry.intent.release.slots, slots),
  );
  return found?.type === 'intent' ? found.intent.release.id : undefined;
}
