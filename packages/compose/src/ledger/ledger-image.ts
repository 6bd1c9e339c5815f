import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { tolerating } from '../engine/docker.ts';
import { tarOf } from './tar.ts';

const NAME = 'cutover-ledger:1';
const TEXT = 'A note of Cutover: lock or journal of a deployment. It is never started.\n';

/**
 * Creates a container from the image of the ledger. The image holds one small file and is imported when the engine lacks
 * it, so that the ledger needs no registry.
 */
export async function createFromLedgerImage(
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
