import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { tolerating } from '../engine/docker.ts';
import { tarOf } from './tar.ts';

const NAME = 'cutover-ledger:1';
const TEXT = 'A note of Cutover: lock or journal of a deployment. It is never started.\n';

/**
 * Creates a container of the image of notes: one small file, made on the engine itself, so that a note needs no registry
 * and no other image. It is made only where the engine does not have it.
 */
export async function createOfLedgerImage(
  docker: Docker,
  options: Omit<Docker.ContainerCreateOptions, 'Image'>,
): Promise<Docker.Container> {
  const create = () => docker.createContainer({ ...options, Image: NAME });
  const created = await tolerating([404], create);
  if (created) return created;
  await makeLedgerImage(docker);
  return create();
}

async function makeLedgerImage(docker: Docker): Promise<void> {
  const [repo, tag] = NAME.split(':');
  const progress = await docker.importImage(Readable.from([tarOf('README', TEXT)]) as never, { repo, tag });
  for await (const _ of progress) {
    // The image is there when the engine has said its last word.
  }
}
