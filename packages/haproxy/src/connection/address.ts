import { createConnection } from 'node:net';
import { resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import type { Clock } from '@cutover/internal';
import { isLoopback } from '@cutover/internal';
import { HaproxyError } from '../errors.ts';

/** Opens a stream to HAProxy's runtime socket; resolves when bytes can be written. Honours `signal`. */
export type Connect = (signal: AbortSignal) => Promise<Duplex>;

/** Where HAProxy is: how an error names it, and how it is reached. */
export interface Endpoint {
  readonly label: string;
  readonly connect: Connect;
}

/**
 * Reads the path of a Unix socket, from the working directory or whole, also as `unix:path` or `unix@path`; or
 * `tcp://host:port`. TCP beyond loopback needs `allowRemote`: any client that reaches an admin socket controls the
 * proxy, and HAProxy asks for no password there.
 */
export function readAddress(address: string, allowRemote: boolean): Endpoint {
  const path = PATH.exec(address)?.[1];
  if (path) return unixSocket(path);
  const [, host, port] = /^tcp:\/\/(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/.exec(address) ?? [];
  if (!host || !port || Number(port) > 65_535) {
    const meant = /^[A-Za-z0-9.-]+:\d{1,5}$/.test(address) ? `'tcp://${address}'` : "'tcp://127.0.0.1:9999'";
    throw refusal('an address of another form', `the path of a socket, or ${meant}`);
  }
  if (!allowRemote && !isLoopback(host)) {
    throw refusal(
      `a TCP address that is not loopback (${host})`,
      'a Unix socket or loopback',
      'carry it over SSH, or set allowRemote where the network is trusted',
    );
  }
  return endpoint(`tcp://${host}:${port}`, { host: host.replace(/[[\]]/g, ''), port: Number(port) });
}

/** With a colon or an at sign before its first slash it is some other address, unless `unix` says that it is none. */
const PATH = /^(?:unix[:@](?:\/\/)?(?=.)|(?![^/]*[:@]))([^\0]+)$/;

/** Bytes that the system takes as the path of a socket; of a longer one Node 20 connects to the beginning. */
const PATH_LIMIT = process.platform === 'darwin' ? 103 : 107;

function unixSocket(path: string): Endpoint {
  const length = Buffer.byteLength(path);
  if (length <= PATH_LIMIT) return endpoint(resolve(path), { path });
  throw refusal(
    `the path of a socket of ${length} bytes`,
    `at most ${PATH_LIMIT} bytes, the limit of the system`,
    'use a path relative to the working directory, or a symbolic link',
  );
}

const refusal = (found: string, wanted: string, fix?: string) =>
  new HaproxyError('invalid-options', { doing: 'reading the option address', found, wanted, fix });

const endpoint = (label: string, target: { path: string } | { host: string; port: number }): Endpoint => ({
  label,
  connect: (signal) =>
    new Promise((resolve, reject) => {
      const socket = createConnection(target);
      const settle = (end: () => void) => {
        signal.removeEventListener('abort', abort);
        socket.removeListener('error', fail);
        end();
      };
      const fail = (error: unknown) => {
        socket.destroy();
        settle(() => reject(error));
      };
      const abort = () => fail(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      socket.once('error', fail);
      socket.once('connect', () => settle(() => resolve(socket)));
      if (signal.aborted) abort();
    }),
});

/** The error of a full backlog: HAProxy serves ten runtime connections, about ten more wait, the next is refused. */
const FULL = new Set(['EAGAIN', 'EWOULDBLOCK']);
const FIRST_PAUSE = 2;
const LONGEST_PAUSE = 50;

/** Connects; retries while HAProxy's backlog is full, until `signal` aborts. */
export async function connectWithRetries(
  { label, connect }: Endpoint,
  clock: Clock,
  signal: AbortSignal,
): Promise<Duplex> {
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    try {
      return await connect(signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!FULL.has(codeOf(error))) throw unreachable(label, error);
      // Half fixed, half random: clients refused at the same time do not retry at the same time.
      await clock.sleep(pause / 2 + (Math.random() * pause) / 2, signal).catch(() => {
        throw busy(label, error);
      });
    }
  }
}

const codeOf = (error: unknown): string => String(Object(error).code ?? '');

const busy = (label: string, cause: unknown) =>
  new HaproxyError(
    'busy',
    {
      doing: `connecting to ${label}`,
      found: 'all its runtime connections are taken',
      fix: 'raise "stats maxconn" in haproxy.cfg, or close idle clients',
    },
    { cause },
  );

const HINTS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket; is HAProxy running, and is its directory mounted here?',
  ECONNREFUSED: 'nothing listens there; is HAProxy running?',
  EACCES: 'this user may not open the socket; add it to the group of "stats socket … group … mode 660"',
};

const unreachable = (label: string, cause: unknown) =>
  cause instanceof HaproxyError
    ? cause
    : new HaproxyError(
        'unreachable',
        {
          doing: `connecting to ${label}`,
          found: codeOf(cause) || 'no connection',
          fix: HINTS[codeOf(cause)],
        },
        { cause },
      );
