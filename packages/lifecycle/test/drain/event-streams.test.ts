import { createServer, type ServerResponse } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server, createSecureServer } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { PassThrough } from 'node:stream';
import { makeCertificate } from '@cutover/testing';
import { createAdaptorServer } from '@hono/node-server';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { GracefulShutdownOptions } from '../../src/shutdown/options.ts';
import { gate, keepAliveClient, passLameDuck, serve, serveHttp, settled } from '../serving.ts';
import { worldOf } from '../shutdown/fake-host.ts';

// A stream is known by what the server answers, in whichever way that is said; what a client accepts says nothing.

const TYPE = 'text/event-stream';
const LAME_DUCK = 100;

/** The handler's side of a stream that has begun. */
interface Open {
  write(text: string): unknown;
  end(): unknown;
}

interface Stack {
  readonly server: Server;
  readonly port: number;
}

/** A server that begins a stream for each request and hands it out. */
type Start = (begun: (open: Open) => void) => Promise<Stack>;

const plain =
  (head: (response: ServerResponse) => unknown): Start =>
  (begun) =>
    serveHttp((_, response) => {
      head(response);
      response.write('one');
      begun(response);
    });

const http1: Record<string, Start> = {
  writeHead: plain((response) => response.writeHead(200, { 'Content-Type': TYPE })),
  'writeHead with a list, a charset and Connection: keep-alive': plain((response) =>
    response.writeHead(200, ['content-type', `${TYPE}; charset=utf-8`, 'Connection', 'keep-alive']),
  ),
  setHeader: plain((response) => response.setHeader('content-type', TYPE)),
  flushHeaders: plain((response) => {
    response.setHeader('content-type', TYPE);
    response.flushHeaders();
  }),
  'multipart/x-mixed-replace': plain((response) =>
    response.setHeader('content-type', 'multipart/x-mixed-replace; boundary=picture'),
  ),
  express: (begun) => {
    const app = express();
    app.get('/', (_, response) => {
      response.set({ 'Content-Type': TYPE }).status(200).write('one');
      begun(response);
    });
    return serve(createServer(app));
  },
  fastify: async (begun) => {
    const app = fastify();
    app.get('/', (_, reply) => {
      const source = new PassThrough();
      source.write('one');
      begun(source);
      return reply.type(TYPE).send(source);
    });
    onTestFinished(() => app.close());
    await app.listen({ port: 0, host: '127.0.0.1' });
    return { server: app.server, port: (app.server.address() as AddressInfo).port };
  },
  hono: (begun) => {
    const app = new Hono();
    app.get('/', (context) =>
      streamSSE(context, async (stream) => {
        const over = gate();
        await stream.write('one');
        begun({ write: (text) => stream.write(text), end: over.open });
        stream.onAbort(over.open);
        await over.opened;
      }),
    );
    return serve(createAdaptorServer(app) as Server);
  },
  'a web Response, as Next.js sends it': plain(async (response) => {
    const { headers } = new Response('', { headers: { 'content-type': TYPE, 'cache-control': 'no-cache' } });
    for (const [name, value] of headers) response.appendHeader(name, value);
    response.flushHeaders();
  }),
};

const certificate = makeCertificate();
const http2: Record<string, Start> = {
  'http2 respond': (begun) => {
    const server = createHttp2Server();
    server.on('stream', (stream) => {
      stream.respond({ ':status': 200, 'content-type': TYPE });
      stream.write('one');
      begun(stream);
    });
    return serve(server as Server);
  },
  'http2 with a request listener': (begun) =>
    serve(
      createHttp2Server((_, response) => {
        response.writeHead(200, { 'content-type': TYPE });
        response.write('one');
        begun(response);
      }) as Server,
    ),
};
const secureHttp2: Start = (begun) =>
  serve(
    createSecureServer(certificate, (_, response) => {
      response.setHeader('content-type', TYPE);
      response.write('one');
      begun(response);
    }) as Server,
  );

const askHttp1 = async (port: number) => (await keepAliveClient(port).get('/', { accept: TYPE })).body;

const askHttp2 =
  (scheme = 'http') =>
  async (port: number): Promise<string> => {
    const client = connectHttp2(`${scheme}://127.0.0.1:${port}`, { rejectUnauthorized: false });
    onTestFinished(() => client.destroy());
    const stream = client.request({ ':path': '/', accept: TYPE });
    let body = '';
    for await (const chunk of stream) body += chunk;
    if (stream.rstCode !== 0) throw new Error(`reset with ${stream.rstCode}`);
    return body;
  };

async function streaming(
  start: Start,
  ask: (port: number) => Promise<string>,
  streams?: GracefulShutdownOptions['streams'],
) {
  const begun = gate<Open>();
  const { server, port } = await start(begun.open);
  const { shutdown, clock } = worldOf({
    server,
    gracePeriod: 10_000,
    lameDuck: LAME_DUCK,
    ...(streams ? { streams } : {}),
  });
  const body = ask(port);
  body.catch(() => {});
  const open = await begun.opened;
  return { open, body, clock, begin: () => shutdown.begin() };
}

const cases = [
  ...Object.entries(http1).map(([name, start]) => ({ name, start, ask: askHttp1 })),
  ...Object.entries(http2).map(([name, start]) => ({ name, start, ask: askHttp2() })),
  { name: 'secure http2', start: secureHttp2, ask: askHttp2('https') },
];

describe.each(cases)('gracefulShutdown with an event stream by $name', ({ start, ask }) => {
  it('lets one with an end finish after the lame duck, which is clean', async () => {
    const { open, body, clock, begin } = await streaming(start, ask);
    const finished = begin();
    await passLameDuck(clock, LAME_DUCK);
    await open.write(', two');
    await open.end();
    expect(await body).toBe('one, two');
    expect(await settled(finished, clock)).toMatchObject({ outcome: 'clean' });
  });

  it('ends one without an end in order, with a tenth of the time left, and counts it', async () => {
    const { body, clock, begin } = await streaming(start, ask);
    const finished = begin();
    // Of 10 s, one is kept for the phases after the drain.
    await clock.advance(8_099);
    expect(await Promise.race([body, clock.advance(0)])).toBeUndefined();
    const { outcome, steps, duration } = await settled(finished, clock);
    expect(await body).toBe('one');
    expect({ outcome, note: steps[1]?.note }).toEqual({
      outcome: 'partial',
      note: 'event streams ended before they had finished: 1 (see the option streams)',
    });
    expect(duration).toBeLessThan(9_000);
  });

  it('ends one with the lame duck when streams is close, which is clean', async () => {
    const { body, clock, begin } = await streaming(start, ask, 'close');
    const finished = begin();
    await passLameDuck(clock, LAME_DUCK);
    expect(await body).toBe('one');
    expect((await settled(finished, clock)).outcome).toBe('clean');
  });

  it('drops what its handler writes after it was ended', async () => {
    const { open, body, clock, begin } = await streaming(start, ask, 'close');
    const finished = begin();
    await passLameDuck(clock, LAME_DUCK);
    await open.write('late');
    await open.end();
    expect(await body).not.toContain('late');
    expect((await settled(finished, clock)).outcome).toBe('clean');
  });
});

describe('gracefulShutdown with the option streams as a function', () => {
  it('asks it for each open stream, with its request', async () => {
    const { open, body, clock, begin } = await streaming(http1.writeHead as Start, askHttp1, (request) => {
      expect(request).toMatchObject({ method: 'GET', url: '/', headers: { host: expect.any(String) } });
      return 'close';
    });
    const finished = begin();
    await passLameDuck(clock, LAME_DUCK);
    expect(await body).toBe('one');
    open.end();
    expect((await settled(finished, clock)).outcome).toBe('clean');
  });

  it('asks it with the request of an HTTP/2 stream', async () => {
    const { body, clock, begin } = await streaming(
      http2['http2 respond'] as Start,
      askHttp2(),
      ({ method, url }) => (method === 'GET' && url === '/' ? 'close' : 'finish'),
    );
    const finished = begin();
    await passLameDuck(clock, LAME_DUCK);
    expect(await body).toBe('one');
    expect((await settled(finished, clock)).outcome).toBe('clean');
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no idea');
      },
      'option streams threw: no idea',
    ],
    [
      'returns anything else',
      () => 'end' as 'close',
      'option streams returned string; wanted finish or close',
    ],
  ])('lets a stream finish when it %s, and says so', async (_, decide, note) => {
    const { open, body, clock, begin } = await streaming(http1.writeHead as Start, askHttp1, decide);
    const finished = begin();
    await passLameDuck(clock, LAME_DUCK);
    open.end();
    expect(await body).toBe('one');
    const { outcome, steps } = await settled(finished, clock);
    expect({ outcome, note: steps[1]?.note }).toEqual({ outcome: 'partial', note });
  });
});

describe('gracefulShutdown with an answer that is no event stream', () => {
  async function answering(type: string) {
    const begun = gate<ServerResponse>();
    const { server, port } = await serveHttp((_, response) => {
      response.writeHead(200, { 'content-type': type });
      response.write('{"a":');
      begun.open(response);
    });
    const { shutdown, clock } = worldOf({
      server,
      gracePeriod: 1_000,
      lameDuck: LAME_DUCK,
      streams: 'close',
    });
    const answer = keepAliveClient(port).get('/', { accept: TYPE });
    answer.catch(() => {});
    return { answer, response: await begun.opened, clock, begin: () => shutdown.begin() };
  }

  it('lets it finish, although its client accepts event streams', async () => {
    const { answer, response, clock, begin } = await answering('application/json');
    const finished = begin();
    await passLameDuck(clock, LAME_DUCK);
    response.end('1}');
    expect((await answer).body).toBe('{"a":1}');
    expect((await settled(finished, clock)).outcome).toBe('clean');
  });

  it.each(['application/json', 'application/x-ndjson', 'text/event-streams'])(
    'never ends one of %s as if it were whole: at the deadline it is cut, which is forced',
    async (type) => {
      const { answer, clock, begin } = await answering(type);
      const finished = begin();
      await clock.advance(9_000);
      expect(await finished).toMatchObject({
        outcome: 'forced',
        steps: [{ outcome: 'done' }, { outcome: 'cut', note: '1 busy, 0 idle connections' }],
      });
      await expect(answer).rejects.toThrow();
    },
  );
});
