import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server, createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { connect as connectTls } from 'node:tls';
import { createGzip, gunzipSync } from 'node:zlib';
import { makeCertificate } from '@cutover/testing';
import fastify from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { dial, gate, passLameDuck, serve, serveHttp, settled } from '../serving.ts';
import { worldOf } from '../shutdown/fake-host.ts';

// Node takes a connection for idle as soon as its answer was ended, though most of it may wait in the socket still.

const certificate = makeCertificate();
const SIZE = 12_000_000;
// It does not compress, so that it is as long in every form.
const big = randomBytes(SIZE);
const LAME_DUCK = 100;

const request = (path = '/') => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

/** A client that reads nothing until it is asked to. */
function slowReader(socket: Socket) {
  const chunks: Buffer[] = [];
  const closed = once(socket, 'close');
  const readAll = async () => {
    socket.on('data', (chunk) => chunks.push(chunk)).resume();
    await closed;
    return Buffer.concat(chunks);
  };
  /** Reads a piece at a time, as long as there is need. */
  const readWhile = async (needed: () => boolean) => {
    while (needed()) {
      socket.resume();
      chunks.push((await once(socket, 'data'))[0]);
      socket.pause();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { socket, ask: (path?: string) => void socket.write(request(path)), readAll, readWhile };
}

async function dialTls(port: number): Promise<Socket> {
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false });
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

const transports: readonly [
  string,
  (listener: RequestListener) => Server,
  (port: number) => Promise<Socket>,
][] = [
  ['http', (listener) => createServer(listener), dial],
  ['https', (listener) => createHttpsServer(certificate, listener), dialTls],
  // With the listener of HTTP/1, which is all that it serves here.
  [
    'http2 that allows HTTP/1',
    (listener) => createSecureServer({ ...certificate, allowHTTP1: true }, listener as never),
    dialTls,
  ],
];

const piece = () => Readable.from([big.subarray(0, SIZE / 2), big.subarray(SIZE / 2)]);
const answers: readonly [string, (response: ServerResponse) => unknown, ((body: Buffer) => Buffer)?][] = [
  ['ended with its body', (response) => response.end(big)],
  [
    'written in parts',
    (response) => {
      for (let at = 0; at < SIZE; at += SIZE / 12) response.write(big.subarray(at, at + SIZE / 12));
      response.end();
    },
  ],
  ['piped', (response) => pipeline(piece(), new PassThrough(), response).catch(() => {})],
  [
    'compressed and piped',
    (response) => {
      response.setHeader('content-encoding', 'gzip');
      return pipeline(piece(), createGzip({ level: 1 }), response).catch(() => {});
    },
    gunzipSync,
  ],
];

/** The body of one answer, which came with a length or in chunks. */
function bodyOf(answer: Buffer): Buffer {
  const head = answer.indexOf('\r\n\r\n') + 4;
  let rest = answer.subarray(head);
  if (!/transfer-encoding: chunked/i.test(answer.subarray(0, head).toString())) return rest;
  const parts: Buffer[] = [];
  for (;;) {
    const line = rest.indexOf('\r\n');
    const length = Number.parseInt(rest.subarray(0, line).toString(), 16);
    if (!length) return Buffer.concat(parts);
    parts.push(rest.subarray(line + 2, line + 2 + length));
    rest = rest.subarray(line + 4 + length);
  }
}

describe.each(transports)('gracefulShutdown of %s with a slow reader', (_, create, connect) => {
  it.each(answers)(
    'sends an answer whole that was %s, and only then says clean',
    async (_, answer, decode) => {
      const answered = gate<ServerResponse>();
      const { server, port } = await serve(
        create((_, response) => {
          answer(response);
          answered.open(response);
        }),
      );
      const { shutdown, clock } = worldOf({ server, lameDuck: LAME_DUCK });
      const { ask, readAll } = slowReader(await connect(port));
      ask();
      const sent = once(await answered.opened, 'close');
      const finished = shutdown.begin();
      await passLameDuck(clock, LAME_DUCK);
      const whole = readAll();
      await sent;
      await passLameDuck(clock, LAME_DUCK);
      const body = bodyOf(await whole);
      expect((decode?.(body) ?? body).equals(big)).toBe(true);
      expect((await finished).outcome).toBe('clean');
    },
  );

  it('says forced, and how many, when the deadline cuts what was ended but not sent', async () => {
    const answered = gate();
    const { server, port } = await serve(
      create((_, response) => {
        response.end(big);
        answered.open();
      }),
    );
    const { shutdown, clock } = worldOf({ server, gracePeriod: 1_000, lameDuck: LAME_DUCK });
    const { ask } = slowReader(await connect(port));
    ask();
    await answered.opened;
    const finished = shutdown.begin();
    await clock.advance(1_000);
    expect(await finished).toMatchObject({
      outcome: 'forced',
      steps: [{ name: 'listener' }, { outcome: 'cut', note: '1 busy, 0 idle connections' }],
    });
  });
});

describe.each([
  ['http2', () => createHttp2Server(), (port: number) => connectHttp2(`http://127.0.0.1:${port}`)],
  [
    'secure http2',
    () => createSecureServer(certificate),
    (port: number) => connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false }),
  ],
] as const)('gracefulShutdown of %s with a slow reader', (_, create, connect) => {
  async function begin(gracePeriod?: number) {
    const server = create();
    const answered = gate();
    server.on('request', (_: unknown, response: { end(body: Buffer): void }) => {
      response.end(big);
      answered.open();
    });
    const served = await serve(server as Server);
    const { shutdown, clock } = worldOf({
      server: served.server,
      lameDuck: LAME_DUCK,
      ...(gracePeriod ? { gracePeriod } : {}),
    });
    const client = connect(served.port);
    client.on('error', () => {});
    onTestFinished(() => client.destroy());
    const stream = client.request({ ':path': '/' });
    stream.on('error', () => {});
    await answered.opened;
    const finished = shutdown.begin();
    await passLameDuck(clock, LAME_DUCK);
    return { stream, finished, clock };
  }

  it('sends an answer whole that was ended, and only then says clean', async () => {
    const { stream, finished } = await begin();
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(big)).toBe(true);
    expect((await finished).outcome).toBe('clean');
  });

  it('says forced, and how many, when the deadline cuts what was ended but not sent', async () => {
    const { finished, clock } = await begin(1_000);
    await clock.advance(1_000);
    expect(await finished).toMatchObject({
      outcome: 'forced',
      steps: [{ outcome: 'done' }, { outcome: 'cut', note: '1 busy, 0 idle connections, 1 HTTP/2 streams' }],
    });
  });
});

describe('gracefulShutdown, while an ended answer is being sent', () => {
  async function answering(answer: (response: ServerResponse) => void = (response) => response.end(big)) {
    const answered = gate<ServerResponse>();
    const last = gate<ServerResponse>();
    const served = await serveHttp((incoming, response) => {
      if (incoming.url !== '/') return last.open(response.end(`answer to ${incoming.url}`));
      answer(response);
      answered.open(response);
    });
    return { ...served, answered: answered.opened, last: last.opened };
  }

  it('sends it whole although the shutdown was set up after it', async () => {
    const { server, port, answered } = await answering();
    const { ask, readAll } = slowReader(await dial(port));
    ask();
    const sent = once(await answered, 'close');
    const { shutdown, clock } = worldOf({ server, lameDuck: LAME_DUCK });
    const finished = shutdown.begin();
    await passLameDuck(clock, LAME_DUCK);
    const whole = readAll();
    await sent;
    await clock.advance(1_000);
    expect(bodyOf(await whole).equals(big)).toBe(true);
    expect((await finished).outcome).toBe('clean');
  });

  it('sends it whole although a step of the drain closes the server as well', async () => {
    const { server, port, answered } = await answering();
    const { shutdown, clock } = worldOf({ server, lameDuck: LAME_DUCK });
    shutdown.add('server', () => new Promise((resolve) => server.close(resolve)), { phase: 'drain' });
    const { ask, readAll } = slowReader(await dial(port));
    ask();
    const sent = once(await answered, 'close');
    const finished = shutdown.begin();
    await passLameDuck(clock, LAME_DUCK);
    const whole = readAll();
    await sent;
    await passLameDuck(clock, LAME_DUCK);
    expect(bodyOf(await whole).equals(big)).toBe(true);
    expect((await finished).steps.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done']);
  });

  it('sends it whole although the fastify app is closed in the drain as well', async () => {
    const app = fastify();
    const answered = gate<ServerResponse>();
    app.get('/', async (_, reply) => {
      setImmediate(() => answered.open(reply.raw));
      return reply.send(big);
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    onTestFinished(() => app.close());
    const { shutdown, clock } = worldOf({ server: app.server, lameDuck: LAME_DUCK });
    shutdown.add('app', app, { phase: 'drain' });
    const { ask, readAll } = slowReader(await dial((app.server.address() as AddressInfo).port));
    ask();
    const sent = once(await answered.opened, 'close');
    const finished = shutdown.begin();
    await passLameDuck(clock, LAME_DUCK);
    const whole = readAll();
    await sent;
    await passLameDuck(clock, LAME_DUCK);
    expect(bodyOf(await whole).equals(big)).toBe(true);
    expect((await finished).outcome).toBe('clean');
  });

  describe('by the kernel alone', () => {
    /** Drains when Node has handed everything to the kernel, which has not sent all of it. */
    async function sending() {
      const { server, port, answered } = await answering();
      const { shutdown, clock } = worldOf({ server, gracePeriod: 1_000, lameDuck: LAME_DUCK });
      const reader = slowReader(await dial(port));
      reader.ask();
      const response = await answered;
      await reader.readWhile(() => !response.closed);
      const finished = shutdown.begin();
      await passLameDuck(clock, LAME_DUCK);
      return { ...reader, finished, clock };
    }

    it('waits until its client has it, since a container takes its network along', async () => {
      const { readAll, finished, clock } = await sending();
      expect(await Promise.race([finished, clock.advance(2 * LAME_DUCK)])).toBeUndefined();
      expect(bodyOf(await readAll()).equals(big)).toBe(true);
      expect((await settled(finished, clock)).outcome).toBe('clean');
    });

    it('says forced, and how many, when the deadline comes first', async () => {
      const { finished, clock } = await sending();
      expect(await settled(finished, clock)).toMatchObject({
        outcome: 'forced',
        steps: [
          { outcome: 'done' },
          { outcome: 'cut', note: '0 busy, 0 idle connections, 1 closed and still sending' },
        ],
      });
    });
  });

  it('answers a pipelined request that waits for its turn behind it', async () => {
    const { server, port, last } = await answering();
    const { shutdown, clock } = worldOf({ server, lameDuck: LAME_DUCK });
    const { socket, readAll } = slowReader(await dial(port));
    socket.write(request('/') + request('/second'));
    const sent = once(await last, 'close');
    const finished = shutdown.begin();
    await passLameDuck(clock, LAME_DUCK);
    const whole = readAll();
    await sent;
    await passLameDuck(clock, LAME_DUCK);
    expect(String((await whole).subarray(SIZE))).toMatch(/answer to \/second$/);
    expect((await finished).outcome).toBe('clean');
  });

  it('answers a request that comes on its connection before the answer, which could not say close, is read', async () => {
    const { server, port, answered } = await answering();
    const { shutdown, clock } = worldOf({ server, lameDuck: LAME_DUCK });
    const { ask, readAll } = slowReader(await dial(port));
    ask();
    await answered;
    const finished = shutdown.begin();
    await passLameDuck(clock, LAME_DUCK);
    ask('/second');
    const text = String((await readAll()).subarray(SIZE));
    expect(text).toMatch(/Connection: close[\s\S]*answer to \/second$/);
    expect((await finished).outcome).toBe('clean');
  });

  it('answers what its client asks once it has read such an answer, for the time of the lame duck', async () => {
    const { server, port, answered } = await answering((response) => response.write('be'));
    const { shutdown, clock } = worldOf({ server, lameDuck: LAME_DUCK });
    const { socket, ask, readAll } = slowReader(await dial(port));
    ask();
    const response = await answered;
    const finished = shutdown.begin();
    await passLameDuck(clock, LAME_DUCK);
    const text = readAll();
    const closed = once(response, 'close');
    response.end('gun');
    await closed;
    await clock.advance(LAME_DUCK - 1);
    const asked = once(server, 'request');
    ask('/second');
    await asked;
    expect(String(await text)).toMatch(/gun[\s\S]*Connection: close[\s\S]*answer to \/second$/);
    expect(await finished).toMatchObject({ outcome: 'clean', duration: 2 * LAME_DUCK - 1 });
    expect(socket.destroyed).toBe(true);
  });

  it('is not held by the connection of such an answer beyond the lame duck that it gets', async () => {
    const { server, port, answered } = await answering((response) => response.write('be'));
    const { shutdown, clock } = worldOf({ server, lameDuck: LAME_DUCK });
    const { ask, readAll } = slowReader(await dial(port));
    ask();
    const response = await answered;
    const finished = shutdown.begin();
    await passLameDuck(clock, LAME_DUCK);
    const text = readAll();
    const closed = once(response, 'close');
    response.end('gun');
    await closed;
    await passLameDuck(clock, LAME_DUCK);
    await text;
    expect(await finished).toMatchObject({ outcome: 'clean', duration: 2 * LAME_DUCK });
  });
});
