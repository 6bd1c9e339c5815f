import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { fileURLToPath } from 'node:url';

export interface LoadFigures {
  /** Answers a second of wall time. */
  perSecond: number;
  /** Answers per second of the server's own processor time: the throughput of one full core. */
  perCoreSecond: number;
  /** Runs of all five checks together. */
  runs: number;
  answers: number;
  bad: number;
  seconds: number;
}

const REQUEST = 'GET /health HTTP/1.1\r\nHost: bench\r\n\r\n';
const BURST = 8;

/** Queries a server in a separate process as fast as it answers, over 32 keep-alive connections. */
export async function loadFigures(
  kind: 'health' | 'bare',
  entry: string,
  seconds: number,
): Promise<LoadFigures> {
  const server = fork(fileURLToPath(new URL('healthcheck-server.ts', import.meta.url)), [kind, entry]);
  try {
    const [{ address }] = (await once(server, 'message')) as [{ address: AddressInfo }];
    await ask(address.port, 1);
    const before = await stateOf(server);
    const { answers, bad } = await ask(address.port, seconds);
    const after = await stateOf(server);
    const cpu = (after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system) / 1e6;
    const runs = after.runs - before.runs;
    return { perSecond: answers / seconds, perCoreSecond: answers / cpu, runs, answers, bad, seconds };
  } finally {
    server.disconnect();
  }
}

async function stateOf(server: ChildProcess): Promise<{ runs: number; cpu: NodeJS.CpuUsage }> {
  server.send('state');
  const [state] = await once(server, 'message');
  return state;
}

async function ask(port: number, seconds: number): Promise<{ answers: number; bad: number }> {
  let answers = 0;
  let bad = 0;
  const sockets = Array.from({ length: 32 }, () => {
    const socket = connect(port, '127.0.0.1');
    let open = BURST;
    let rest = '';
    socket.write(REQUEST.repeat(BURST));
    socket.on('error', () => {});
    socket.on('data', (data) => {
      const parts = (rest + data.toString('latin1')).split('HTTP/1.1 ');
      // The last part may be cut short: it is counted with the next chunk.
      rest = `HTTP/1.1 ${parts.pop()}`;
      answers += parts.length;
      open -= parts.length;
      bad += parts.filter((part) => part !== '' && !part.startsWith('200')).length;
      if (open > BURST / 2) return;
      socket.write(REQUEST.repeat(BURST));
      open += BURST;
    });
    return socket;
  });
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  for (const socket of sockets) socket.destroy();
  return { answers, bad };
}
