import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { tolerating } from '../engine/docker.ts';

const NAME = 'cutover-ledger:1';

/** An image of one small file, made on the engine itself, so that a note needs no registry and no other image. */
export async function ensureLedgerImage(docker: Docker): Promise<string> {
  if (await tolerating([404], () => docker.getImage(NAME).inspect())) return NAME;
  const [repo, tag] = NAME.split(':');
  const progress = await docker.importImage(Readable.from([archive()]) as never, { repo, tag });
  for await (const _ of progress) {
    // The image is there when the engine has said its last word.
  }
  return NAME;
}

const TEXT = 'A note of Cutover: lock or journal of a deployment. It is never started.\n';

/** A tar archive with the one file `README`. */
function archive(): Buffer {
  const header = Buffer.alloc(512);
  header.write('README', 0);
  header.write('0000444\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${TEXT.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const file = Buffer.alloc(512);
  file.write(TEXT);
  return Buffer.concat([header, file, Buffer.alloc(1024)]);
}
