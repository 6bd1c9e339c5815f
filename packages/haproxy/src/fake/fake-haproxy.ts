import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Fault, serve } from './connection.ts';
import { type FakeModel, type FakeServer, newServer } from './model.ts';

export type { Fault } from './connection.ts';

export interface FakeHaproxyOptions {
  /** The HAProxy version whose messages and framing it uses; default `3.0.11`. */
  version?: string | undefined;
  /** What its socket allows; default `admin`. */
  level?: FakeModel['level'] | undefined;
  /** Servers by backend and name. */
  backends?: Readonly<Record<string, Readonly<Record<string, Partial<FakeServer>>>>> | undefined;
  /** Names of frontends, which stand before the backends; one may have the name of a backend. */
  frontends?: readonly string[] | undefined;
  /** Entries by file and key. */
  maps?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;
}

/** A HAProxy for tests: a real runtime socket, with the proxy behind it in memory. */
export interface FakeHaproxy extends AsyncDisposable {
  /** For `createRuntimeClient({ address })`. */
  readonly address: string;
  /** Every line received on any connection, in order. */
  readonly lines: readonly string[];
  /** Connections open now. */
  readonly connections: number;
  server(backend: string, name: string): FakeServer;
  map(file: string): readonly (readonly [key: string, value: string])[];
  setLevel(level: FakeModel['level']): void;
  /** Applies to the next `times` lines (default 1) that match. */
  fault(matches: RegExp, fault: Fault, times?: number): void;
  /** Writes an event to the ring `events`, for every client that is listening. */
  event(text: string): void;
  /** As after a reload: connections of before talk to a worker that is stopping, new ones to the next. */
  reload(): void;
  close(): Promise<void>;
}

/** Starts a fake on a Unix socket in the temporary directory. A health check runs with each `show stat`. */
export async function startFakeHaproxy(options: FakeHaproxyOptions = {}): Promise<FakeHaproxy> {
  const model = readModel(options);
  const lines: string[] = [];
  const faults: { matches: RegExp; fault: Fault; times: number }[] = [];
  const sockets = new Set<Socket>();
  const takeFault = (line: string): Fault | undefined => {
    const found = faults.find(({ matches, times }) => times > 0 && matches.test(line));
    if (found) found.times--;
    return found?.fault;
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    serve(socket, model, { log: (line) => lines.push(line), takeFault });
  });
  const address = join(tmpdir(), `fake-haproxy-${randomBytes(4).toString('hex')}.sock`);
  await new Promise<void>((resolve) => server.listen(address, resolve));
  const close = () => stop(server, sockets);
  return {
    address,
    lines,
    get connections() {
      return sockets.size;
    },
    server: (backend, name) => {
      const found = model.servers.find((each) => each.backend === backend && each.name === name);
      if (!found) throw new Error(`the fake has no server ${backend}/${name}`);
      return found;
    },
    map: (file) => model.maps.get(file)?.entries ?? [],
    setLevel: (level) => {
      model.level = level;
    },
    fault: (matches, fault, times = 1) => {
      faults.push({ matches, fault, times });
    },
    event: (text) => {
      for (const tell of model.listeners) tell(text);
    },
    reload: () => {
      model.pid++;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

const readModel = ({
  version = '3.0.11',
  level = 'admin',
  backends = {},
  frontends = [],
  maps = {},
}: FakeHaproxyOptions): FakeModel => ({
  version,
  level,
  pid: 100,
  listeners: new Set(),
  frontends,
  servers: Object.entries(backends).flatMap(([backend, servers]) =>
    Object.entries(servers).map(([name, given]) => newServer(backend, name, given)),
  ),
  maps: new Map(
    Object.entries(maps).map(([file, entries]) => [
      file,
      { entries: Object.entries(entries), prepared: new Map(), version: 0 },
    ]),
  ),
});

async function stop(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
