import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';

const REQUESTS = 30_000;
const CONNECTIONS = 20;
const ROUNDS = 9;

/**
 * What tracking costs: the server's own processor time for the same requests, bare and tracked in turns, so that
 * whatever else the machine does falls on both.
 */
export async function throughputFigures(): Promise<Record<string, string>> {
  const [bare, tracked] = await Promise.all([startServer('bare'), startServer('tracked')]);
  const costs: { bare: number[]; tracked: number[] } = { bare: [], tracked: [] };
  for (let round = 0; round < ROUNDS + 2; round++) {
    const pair = { bare: await costOf(bare), tracked: await costOf(tracked) };
    // The first two warm up.
    if (round < 2) continue;
    costs.bare.push(pair.bare);
    costs.tracked.push(pair.tracked);
  }
  bare.process.kill();
  tracked.process.kill();
  const ratios = costs.bare.map((cost, round) => (costs.tracked[round] ?? 0) / cost);
  return {
    'bare node:http, µs of processor per request': ((median(costs.bare) * 1000) / REQUESTS).toFixed(1),
    tracked: ((median(costs.tracked) * 1000) / REQUESTS).toFixed(1),
    'cost of tracking': `${((median(ratios) - 1) * 100).toFixed(1)} %`,
  };
}

interface Server {
  readonly process: ChildProcess;
  readonly port: number;
}

async function startServer(kind: string): Promise<Server> {
  const child = fork(fileURLToPath(new URL('./lifecycle-server.mjs', import.meta.url)), [kind], {
    execArgv: [],
  });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return { process: child, port };
}

/** Milliseconds of the server's processor time for all requests. */
async function costOf({ process: child, port }: Server): Promise<number> {
  const before = await cpuOf(child);
  await Promise.all(Array.from({ length: CONNECTIONS }, () => askMany(port, REQUESTS / CONNECTIONS)));
  return (await cpuOf(child)) - before;
}

async function cpuOf(child: ChildProcess): Promise<number> {
  child.send('cpu');
  const [{ cpu }] = (await once(child, 'message')) as [{ cpu: number }];
  return cpu;
}

const REQUEST = 'GET / HTTP/1.1\r\nHost: bench\r\n\r\n';

/** Asks one after another over one connection. */
const askMany = (port: number, count: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    let left = count;
    socket.on('error', reject);
    socket.on('connect', () => socket.write(REQUEST));
    socket.on('data', () => {
      if (--left > 0) return void socket.write(REQUEST);
      socket.destroy();
      resolve();
    });
  });

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
