import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';

const REQUESTS = 30_000;
const CONNECTIONS = 20;
const ROUNDS = 5;
/** JIT results of two processes differ by more than tracking costs, so there are several of each. */
const PAIRS = 9;

/**
 * The cost of tracking: the server's own processor time for the same requests, bare and tracked in turns, so that other
 * load of the machine affects both.
 */
export async function throughputFigures(): Promise<Record<string, string>> {
  const costs: Record<Kind, number[]> = { bare: [], tracked: [] };
  for (let pair = 0; pair < PAIRS; pair++) {
    const servers = { bare: await startServer('bare'), tracked: await startServer('tracked') };
    const order: Kind[] = pair % 2 === 0 ? ['bare', 'tracked'] : ['tracked', 'bare'];
    const rounds: Record<Kind, number[]> = { bare: [], tracked: [] };
    // The first two warm up.
    for (let round = 0; round < ROUNDS + 2; round++)
      for (const kind of order) rounds[kind].push(await costOf(servers[kind]));
    for (const kind of order) {
      costs[kind].push(median(rounds[kind].slice(2)));
      servers[kind].process.kill();
    }
  }
  const added = costs.bare.map((bare, pair) => (costs.tracked[pair] ?? 0) / bare - 1);
  const perRequest = (kind: Kind) => ((median(costs[kind]) * 1000) / REQUESTS).toFixed(1);
  return {
    'bare node:http, µs of processor per request': perRequest('bare'),
    tracked: perRequest('tracked'),
    'cost of tracking': percent(median(added)),
    [`of ${PAIRS} pairs of processes`]: `${percent(Math.min(...added))} to ${percent(Math.max(...added))}`,
  };
}

type Kind = 'bare' | 'tracked';

interface Server {
  readonly process: ChildProcess;
  readonly port: number;
}

async function startServer(kind: Kind): Promise<Server> {
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

/** Sends requests one after another over one connection. */
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

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
