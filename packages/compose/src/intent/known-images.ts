import type { Container } from '../domain/container.ts';
import { DeployError } from '../domain/errors.ts';
import type { JournalEntry } from '../domain/journal.ts';
import type { Image, Release } from '../domain/release.ts';
import type { Engine } from '../ports/index.ts';

/**
 * The images of these containers, by id. A container goes on without a record of its image, which a clean-up of the
 * host can take: then it is looked for where the journal says that it came from. What is nowhere is left out.
 */
export async function knownImages(
  engine: Pick<Engine, 'resolve'>,
  journal: readonly JournalEntry[],
  containers: readonly Container[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<Image['id'], Image>> {
  const images = new Map<Image['id'], Image>();
  for (const id of new Set(containers.map(({ image }) => image))) {
    const noted = notedImage(journal, id)?.ref;
    const found =
      (await ifThere(engine.resolve(id, { signal }))) ??
      (noted === undefined || noted === id ? undefined : await ifThere(engine.resolve(noted, { signal })));
    if (found?.id === id) images.set(id, found);
  }
  return images;
}

/** What is known of an image that the engine has no record of: as an earlier deployment noted it, else by its container. */
export const withoutRecord = (journal: readonly JournalEntry[], { image, imageName }: Container): Image =>
  notedImage(journal, image) ?? { name: imageName, ref: image, id: image };

/** @throws what `found` rejects with, unless that is `image-missing` */
const ifThere = (found: Promise<Image>): Promise<Image | undefined> =>
  found.catch((error: unknown) => {
    if (error instanceof DeployError && error.code === 'image-missing') return undefined;
    throw error;
  });

function notedImage(journal: readonly JournalEntry[], id: Image['id']): Image | undefined {
  const imagesIn = ({ slots, background }: Release) => [
    ...Object.values(slots),
    ...Object.values(background),
  ];
  return journal
    .flatMap((entry) => (entry.type === 'intent' ? imagesIn(entry.intent.release) : []))
    .findLast((image) => image.id === id);
}
