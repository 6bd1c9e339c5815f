import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reply } from './dialect.ts';
import { type FakeModel, type FakeServer, newServer } from './model.ts';

export interface FakeHaproxyOptions {
  /** Whose words and framing it uses; default `3.0.11`. */
  version?: string | undefined;
  /** What its socket allows; default `admin`. */
  level?: FakeModel['level'] | undefined;
  /** Servers by backend and name. */
  backends?: Readonly<Record<string, Readonly<Record<string, Partial<FakeServer>>>>> | undefined;
  /** Entries by file and key. */
  maps?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;
}

/** What a fault does in place of the answer to a line. */
export type Fault =
  /** Never answers, nor to anything else on that connection. */
  | { readonly silent: true }
  /** Closes after so many bytes of the answer (0: none); the command takes effect first. */
  | { readonly cutAfter: number }
  /** Says something else, with its framing; the command does not take effect. */
  | { readonly answer: string }
  /** Writes exactly these bytes and nothing else. */
  | { readonly raw: string }
  /** Splits the answer into pieces of so many bytes. */
  | { readonly pieces: number };

/** A HAProxy for tests: its runtime socket for real, the proxy behind it in memory. */
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
  maps = {},
}: FakeHaproxyOptions): FakeModel => ({
  version,
  level,
  pid: 100,
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

interface Hooks {
  log(line: string): void;
  takeFault(line: string): Fault | undefined;
}

/** One connection: one-shot until it says `prompt`. */
function serve(socket: Socket, model: FakeModel, { log, takeFault }: Hooks): void {
  const worker = model.pid;
  let prompt = false;
  let severity = false;
  let stuck = false;
  let pending = '';
  const own = (line: string): string | undefined => {
    if (line === 'prompt') prompt = true;
    else if (line === 'set severity-output number') severity = true;
    else if (line === 'show info' && worker !== model.pid) {
      return reply({ ...model, pid: worker }, line).replace('Stopping: 0', 'Stopping: 1');
    } else if (worker !== model.pid && line.startsWith('set server')) return 'Proxy is disabled.';
    else return undefined;
    return '';
  };
  const answer = (line: string): void => {
    log(line);
    const fault = takeFault(line);
    if (fault && 'silent' in fault) stuck = true;
    if (stuck) return;
    if (line === 'quit') return void socket.end();
    if (fault && 'raw' in fault) return void socket.write(fault.raw);
    const body = fault && 'answer' in fault ? fault.answer : (own(line) ?? reply(model, line));
    const text = `${severity ? withSeverity(body) : body}${body ? '\n\n' : '\n'}${prompt ? '> ' : ''}`;
    send(socket, text, fault);
  };
  socket.on('data', (chunk) => {
    const [...complete] = (pending + chunk.toString()).split('\n');
    pending = complete.pop() ?? '';
    for (const line of complete) {
      for (const part of line.split(';')) answer(part.trim());
      if (prompt || stuck) continue;
      // One-shot: what came with the first line is dropped.
      socket.end();
      break;
    }
  });
}

function send(socket: Socket, text: string, fault: Fault | undefined): void {
  const bytes = Buffer.from(text);
  if (fault && 'cutAfter' in fault) {
    socket.end(bytes.subarray(0, fault.cutAfter));
  } else if (fault && 'pieces' in fault) {
    for (let at = 0; at < bytes.length; at += fault.pieces)
      socket.write(bytes.subarray(at, at + fault.pieces));
  } else {
    socket.write(bytes);
  }
}

/** Severities as HAProxy gives them: its refusals 3, most other messages 6, dumps none. */
const withSeverity = (body: string): string => {
  if (body === '' || body.startsWith('# ') || body.startsWith('1\n') || body.startsWith('Name: '))
    return body;
  if (
    /^(No such|Can't find|Unknown (map|ACL)|entry not|Key not|Version number|Permission|Failed|Proxy is)/.test(
      body,
    )
  )
    return `[3]: ${body}`;
  return body.startsWith('0x') ? body : `[6]: ${body}`;
};

async function stop(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
