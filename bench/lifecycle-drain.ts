import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Drainer, drainers, type MakeDrainer, missing } from './lifecycle-drainers.ts';

const CLIENTS = 40;
const RUNS = 5;
const IDLE = 10_000;
/** Milliseconds after which a drain is given up, above the grace that each library has. */
const LIMIT = 6_000;

const quick: RequestListener = (_, response) => void setTimeout(() => response.end('ok'), Math.random() * 4);

/** A server that one library drains, open on a free port. */
export async function listening(make: MakeDrainer, listener: RequestListener = quick) {
  const drainer = await make(listener);
  if (drainer.listen) await drainer.listen();
  else await once(drainer.server.listen(0, '127.0.0.1'), 'listening');
  return { ...drainer, port: (drainer.server.address() as AddressInfo).port };
}

/**
 * Milliseconds of the drain; a drain that has not ended by itself counts in full. Connections open after it are cut,
 * as at the end of the process: a library that finishes too early loses them.
 */
export async function timed({ drain, server }: Drainer): Promise<number> {
  const began = performance.now();
  const ended = drain();
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, LIMIT))]);
  const took = performance.now() - began;
  server.close();
  server.closeAllConnections();
  return took;
}

/** Requests that failed on a socket that had served before, and how long the drain took. */
async function busyClients(make: MakeDrainer): Promise<{ lost: number; took: number }> {
  const drainer = await listening(make);
  const { port } = drainer;
  let lost = 0;
  const clients = Array.from({ length: CLIENTS }, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let end = ''; end !== 'refused'; ) {
      end = await ask(port, agent);
      if (end === 'lost') lost++;
    }
    agent.destroy();
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  const took = await timed(drainer);
  await Promise.all(clients);
  return { lost, took };
}

const ask = (port: number, agent: Agent): Promise<'served' | 'lost' | 'refused'> =>
  new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, agent }, (response) => {
      response.resume();
      response.on('end', () => resolve('served'));
      response.on('error', () => resolve('lost'));
    });
    // A new connection that fails found no listener; that is not a request lost on a reused socket.
    request.on('error', () => resolve(request.reusedSocket ? 'lost' : 'refused'));
  });

/** A drain with nothing connected, or with `count` connections that have had one answer and wait. */
async function idle(make: MakeDrainer, count: number): Promise<number> {
  const drainer = await listening(make);
  if (count === 0) return timed(drainer);
  const client = fork(fileURLToPath(new URL('./lifecycle-idle-clients.mjs', import.meta.url)), [
    String(drainer.port),
    String(count),
  ]);
  await once(client, 'message');
  const took = await timed(drainer);
  client.kill();
  return took;
}

const range = (values: readonly number[]): string => `${Math.min(...values)}-${Math.max(...values)}`;
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** One row per library. */
export async function drainFigures(): Promise<Record<string, Record<string, string>>> {
  const rows: Record<string, Record<string, string>> = {};
  for (const [name, make] of Object.entries(drainers)) {
    if (missing[name]) {
      rows[name] = { 'lost on reused sockets': missing[name] };
      continue;
    }
    const runs = [];
    for (let run = 0; run < RUNS; run++) runs.push(await busyClients(make));
    const idles = [];
    for (let run = 0; run < RUNS; run++) idles.push(await idle(make, 0));
    rows[name] = {
      'lost on reused sockets': range(runs.map(({ lost }) => lost)),
      'busy drain ms': median(runs.map(({ took }) => took)).toFixed(0),
      'idle server ms': median(idles).toFixed(1),
      [`${IDLE} idle ms`]: (await idle(make, IDLE)).toFixed(0),
    };
  }
  return rows;
}
