import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { listening, timed } from './lifecycle-drain.ts';
import { drainers, type MakeDrainer, missing } from './lifecycle-drainers.ts';

const RUNS = 3;
/** Bytes of the answer, beyond what the kernel takes at once: a good part of it waits in the socket of the server. */
const SIZE = 12_000_000;
const answer = Buffer.alloc(SIZE);

/**
 * How much of one answer arrives when the drain begins while its client, in a process of its own, reads 4 MB a second.
 * All is written before the drain begins, so nothing but the socket is busy.
 */
export async function slowReaderFigures(): Promise<Record<string, Record<string, string>>> {
  const rows: Record<string, Record<string, string>> = {};
  for (const [name, make] of Object.entries(drainers)) {
    const column = `of ${SIZE / 1e6} MB that a slow reader got, in ${RUNS} runs`;
    if (missing[name]) {
      rows[name] = { [column]: missing[name] };
      continue;
    }
    const shares: string[] = [];
    const times: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const { received, took } = await slowReader(make);
      shares.push(received === SIZE ? 'whole' : `${((received / SIZE) * 100).toFixed(0)} %`);
      times.push(took);
    }
    rows[name] = { [column]: shares.join(', '), 'drain ms': times.map((ms) => ms.toFixed(0)).join(', ') };
  }
  return rows;
}

/** The bytes of the body that its client got, and how many milliseconds the drain took. */
async function slowReader(make: MakeDrainer): Promise<{ received: number; took: number }> {
  const drainer = await listening(make, (_, response) => void response.end(answer));
  const client = fork(fileURLToPath(new URL('./lifecycle-slow-reader-client.mjs', import.meta.url)), [
    String(drainer.port),
  ]);
  await once(client, 'message');
  const told = once(client, 'message');
  const took = await timed(drainer);
  const [{ received }] = (await told) as [{ received: number }];
  client.kill();
  return { received, took };
}
