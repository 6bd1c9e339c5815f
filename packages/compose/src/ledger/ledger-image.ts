import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { tolerating } from '../engine/docker.ts';
import { tarOf } from './tar.ts';

const NAME = 'cutover-ledger:1';
const TEXT = 'A note of Cutover: lock or journal of a deployment. It is never started.\n';

/** An image of one small file, made on the engine itself, so that a note needs no registry and no other image. */
export async function ensureLedgerImage(docker: Docker): Promise<string> {
  if (await tolerating([404], () => docker.getImage(NAME).inspect())) return NAME;
  const [repo, tag] = NAME.split(':');
  const progress = await docker.importImage(Readable.from([tarOf('README', TEXT)]) as never, { repo, tag });
  for await (const _ of progress) {
    // The image is there when the engine has said its last word.
  }
  return NAME;
}
