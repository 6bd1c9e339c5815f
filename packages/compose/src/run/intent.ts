import { changedSettings } from '../domain/configuration.ts';
import { type Container, lifeOf } from '../domain/container.ts';
import { DeployError } from '../domain/errors.ts';
import { earlierRelease, releasesOf } from '../domain/history.ts';
import type { Intent } from '../domain/intent.ts';
import { configurationOf, type JournalEntry } from '../domain/journal.ts';
import { type Layout, otherSlot, type ServiceName, type SlotName, serviceOf } from '../domain/layout.ts';
import { hasSameImages, type Image, type Release } from '../domain/release.ts';
import { containersOf, type Observation } from '../domain/situation.ts';
import type { Engine } from '../ports/index.ts';
import { knownImages, withoutRecord } from './known-images.ts';

/** What a deployment is formed from. */
export interface Beginning {
  readonly kind: Intent['kind'];
  readonly layout: Layout;
  readonly now: Observation;
  readonly journal: readonly JournalEntry[];
  readonly release: Release;
}

/** The slot to deploy to: the idle one, or the live one when it has the release already. */
export function chooseTarget(beginning: Beginning, asked: SlotName | undefined): SlotName {
  const { layout, now, release } = beginning;
  const { live } = now.router;
  const idle = otherSlot(layout, live);
  if (asked === undefined) {
    const running = runningOn(now, serviceOf(layout, live));
    return running && reasonsToReplace(beginning, running, release.slot).length === 0 ? live : idle;
  }
  if (asked === idle) return idle;
  throw new DeployError('unknown-slot', {
    doing: `choosing the slot for ${release.id}`,
    found: asked === live ? `${asked} has the traffic` : `no slot is named ${asked}`,
    wanted: `the idle slot, ${idle}`,
    fix: 'leave the slot out; the idle one is chosen',
  });
}

/** What this deployment wants, with all that an undo will need; from what runs, not from what is believed. */
export async function formIntent(
  engine: Pick<Engine, 'resolve'>,
  beginning: Beginning,
  wanted: Pick<Intent, 'id' | 'target' | 'by' | 'began'>,
): Promise<Intent> {
  const { kind, layout, now, journal, release } = beginning;
  const live = knownOn(now, serviceOf(layout, now.router.live));
  const background = Object.keys(layout.background).map((service) => knownOn(now, service));
  const known = [live, ...background].filter((container) => container !== undefined);
  const images = await knownImages(engine, journal, known);
  const imageOf = (container: Container): Image => images.get(container.image) ?? withoutRecord(container);
  const changes = known.map((container) => ({
    container,
    reasons: reasonsToReplace(
      beginning,
      container,
      container === live ? release.slot : release.background[container.service],
    ),
  }));
  const slot = live && imageOf(live);
  return {
    ...wanted,
    kind,
    release,
    origin: now.router.live,
    previous: {
      id: (slot && (nameOf(journal, slot.id) ?? slot.name)) ?? 'nothing',
      background: Object.fromEntries(
        known.slice(live ? 1 : 0).map((container) => [container.service, imageOf(container)]),
      ),
      configuration: configurationOf(journal),
      ...(slot ? { slot } : {}),
      ...(live ? { life: lifeOf(live) } : {}),
    },
    existing: now.containers.map(({ id }) => id),
    replaces: changes
      .filter(({ container, reasons }) => container !== live && reasons.length > 0)
      .flatMap(({ container: { service } }) => containersOf(now, service).map(({ id }) => id)),
    because: [
      ...changes.flatMap(({ reasons }) => reasons),
      ...known.filter(({ image }) => !images.has(image)).map(noWayBack),
      ...(kind === 'rollback' ? notBroughtBack(beginning) : []),
    ],
    replicas: Object.fromEntries(
      Object.keys(layout.background).flatMap((service) => {
        const count = containersOf(now, service).length;
        return count > 0 ? [[service, count]] : [];
      }),
    ),
  };
}

/** Why a container is not what the release wants: another image, or settings that have changed since it was deployed. */
function reasonsToReplace(
  { kind, journal, release }: Beginning,
  { service, image, imageName }: Container,
  wanted: Image | undefined,
): readonly string[] {
  if (!wanted) return [];
  if (image !== wanted.id) return [`${service}: ${imageName} → ${wanted.name}`];
  // A rollback that was one switch to the old container must not create it anew with what is on disk now.
  if (kind === 'rollback') return [];
  const changed = changedSettings(configurationOf(journal)[service], release.configuration[service]);
  return changed.map((setting) => `${service}: ${setting} has changed`);
}

/** A rollback brings back images; the configuration is what the project has now. */
function notBroughtBack({ journal, release }: Beginning): readonly string[] {
  const known = [...releasesOf(journal), earlierRelease(journal)];
  const before = known.findLast((one) => hasSameImages(one, release))?.configuration ?? {};
  return Object.entries(before).flatMap(([service, fingerprint]) =>
    changedSettings(fingerprint, release.configuration[service]).map(
      (setting) => `${service}: ${setting} stays as it is now, not as it was when ${release.id} ran`,
    ),
  );
}

const noWayBack = ({ service, imageName }: Container): string =>
  `${service}: the engine has no record of the image that it runs (${imageName}); there is no way back to it once it is stopped`;

/** What people called the release of which this image was the slots'. */
export function nameOf(journal: readonly JournalEntry[], image: Image['id']): string | undefined {
  const found = journal.findLast(
    (entry) => entry.type === 'intent' && entry.intent.release.slot.id === image,
  );
  return found?.type === 'intent' ? found.intent.release.id : undefined;
}

const runningOn = (now: Observation, service: ServiceName): Container | undefined =>
  containersOf(now, service).find(({ running }) => running);

/** What an undo brings back: what runs of a service or, where nothing does, what has ended there. */
export const knownOn = (now: Observation, service: ServiceName): Container | undefined =>
  runningOn(now, service) ?? containersOf(now, service)[0];
