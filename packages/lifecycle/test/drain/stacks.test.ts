import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeCertificate } from '@cutover/testing';
import express from 'express';
import fastify, { type FastifyInstance } from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { keepAliveClient, serve } from '../serving.ts';
import { worldOf } from '../shutdown/fake-host.ts';

// What http-terminator and stoppable test, of every stack that people put on a server, plain and secure.

const certificate = makeCertificate();

interface Stack {
  readonly server: Server;
  readonly port: number;
  readonly app?: FastifyInstance;
}

type Open = (slow: (response: ServerResponse) => void, secure: boolean) => Promise<Stack>;

const listenerOf =
  (slow: (response: ServerResponse) => void): RequestListener =>
  ({ url }, response) => {
    if (url === '/slow') slow(response);
    else response.end('quick');
  };

const serveWith = (listener: RequestListener, secure: boolean): Promise<Stack> =>
  serve(secure ? createSecureServer(certificate, listener) : createServer(listener));

const stacks: Record<string, Open> = {
  node: (slow, secure) => serveWith(listenerOf(slow), secure),
  express: (slow, secure) => {
    const app = express();
    app.get('/', (_, response) => void response.send('quick'));
    app.get('/slow', (_, response) => slow(response));
    return serveWith(app, secure);
  },
  fastify: async (slow, secure) => {
    const app = (secure ? fastify({ https: certificate }) : fastify()) as unknown as FastifyInstance;
    app.get('/', async () => 'quick');
    app.get('/slow', (_, reply) => {
      reply.hijack();
      slow(reply.raw);
    });
    onTestFinished(() => {
      app.server.closeAllConnections();
      return app.close();
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    return { server: app.server, port: (app.server.address() as AddressInfo).port, app };
  },
};

const cases = Object.entries(stacks).flatMap(([name, open]) => [
  { name, open, secure: false },
  { name: `${name} over TLS`, open, secure: true },
]);

describe.each(cases)('gracefulShutdown with $name', ({ open, secure }) => {
  async function stack() {
    const slow: ServerResponse[] = [];
    const arrivals: (() => void)[] = [];
    const opened = await open((response) => {
      slow.push(response);
      arrivals.shift()?.();
    }, secure);
    const { shutdown, clock } = worldOf({ server: opened.server, gracePeriod: 1_000, lameDuck: 100 });
    const client = () => keepAliveClient(opened.port, { secure });
    /** A request that is answered only by hand. */
    const askSlowly = async (by = client()) => {
      const arrived = new Promise<void>((resolve) => arrivals.push(resolve));
      const answer = by.get('/slow').catch((error: NodeJS.ErrnoException) => error.code);
      await arrived;
      return { by, answer, response: slow.at(-1) as ServerResponse };
    };
    return { ...opened, shutdown, clock, client, askSlowly };
  }

  it('ends at once when nothing is connected', async () => {
    const { shutdown, server } = await stack();
    expect(await shutdown.begin()).toMatchObject({ outcome: 'clean', duration: 0 });
    expect(server.listening).toBe(false);
  });

  it('sends no close header before it begins, and one from then on', async () => {
    const { shutdown, client } = await stack();
    const reused = client();
    expect((await reused.get()).headers.connection).toBe('keep-alive');
    const finished = shutdown.begin();
    expect(await reused.get()).toMatchObject({
      status: 200,
      headers: { connection: 'close' },
      body: 'quick',
    });
    expect((await finished).outcome).toBe('clean');
  });

  it('refuses new connections, lets what is in flight finish, and ends as it does', async () => {
    const { shutdown, client, askSlowly } = await stack();
    const { answer, response } = await askSlowly();
    const finished = shutdown.begin();
    await expect(client().get()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    response.end('done');
    expect(await answer).toMatchObject({ status: 200, headers: { connection: 'close' }, body: 'done' });
    expect(await finished).toMatchObject({ outcome: 'clean', duration: 0 });
  });

  it('ends with the slowest of several requests, whose bodies arrive whole', async () => {
    const { shutdown, askSlowly } = await stack();
    const [first, second] = [await askSlowly(), await askSlowly()];
    const finished = shutdown.begin();
    first.response.end('first');
    expect(await first.answer).toMatchObject({ body: 'first' });
    expect(shutdown.draining).toBe(true);
    second.response.write('x'.repeat(100_000));
    second.response.end('second');
    expect(await second.answer).toMatchObject({ body: `${'x'.repeat(100_000)}second` });
    expect((await finished).outcome).toBe('clean');
  });

  it('is not held by an idle keep-alive connection', async () => {
    const { shutdown, clock, client } = await stack();
    await client().get();
    const finished = shutdown.begin();
    await clock.advance(100);
    expect(await finished).toMatchObject({ outcome: 'clean', duration: 100 });
  });

  it('destroys two requests that hang at the deadline, not before, and says forced', async () => {
    const { shutdown, clock, askSlowly, server } = await stack();
    const hung = [await askSlowly(), await askSlowly()];
    const finished = shutdown.begin();
    await clock.advance(799);
    expect(hung.map(({ response }) => response.destroyed)).toEqual([false, false]);
    await clock.advance(1);
    expect(await finished).toMatchObject({
      outcome: 'forced',
      duration: 800,
      steps: [{ outcome: 'done' }, { outcome: 'cut', note: '2 busy, 0 idle connections' }],
    });
    expect(await Promise.all(hung.map(({ answer }) => answer))).toEqual(['ECONNRESET', 'ECONNRESET']);
    if (server.listening) await once(server, 'close');
    expect(await new Promise((resolve) => server.getConnections((_, count) => resolve(count)))).toBe(0);
  });
});

describe('gracefulShutdown with a fastify app as a step', () => {
  it('runs its hooks once each, in its order, after the last request is answered', async () => {
    const log: string[] = [];
    const app = fastify();
    app.get('/', async () => 'quick');
    app.addHook('onResponse', async () => void log.push('answered'));
    app.addHook('preClose', async () => void log.push('preClose'));
    app.addHook('onClose', async () => void log.push('onClose, added first'));
    app.register((inner, _, done) => {
      inner.addHook('onClose', async () => void log.push('onClose, nested'));
      done();
    });
    app.addHook('onClose', async () => void log.push('onClose, added last'));
    await app.listen({ port: 0, host: '127.0.0.1' });
    const client = keepAliveClient((app.server.address() as AddressInfo).port);
    const { shutdown } = worldOf({ server: app.server });
    shutdown.add('app', app);
    await client.get();
    const finished = shutdown.begin();
    // Served, where fastify's own close answers 503.
    expect(await client.get()).toMatchObject({ status: 200, headers: { connection: 'close' } });
    expect((await finished).outcome).toBe('clean');
    const hooks = ['preClose', 'onClose, nested', 'onClose, added last', 'onClose, added first'];
    expect(log).toEqual(['answered', 'answered', ...hooks]);
    await expect(app.listen({ port: 0 })).rejects.toThrow(/closed/);
  });

  it('drains each of several bindings of one app', async () => {
    const app = fastify();
    app.get('/', async () => 'quick');
    await app.listen({ port: 0, host: 'localhost' });
    const ports = app.addresses().map((address) => (address as AddressInfo).port);
    const { shutdown } = worldOf({ server: app.server });
    shutdown.add('app', app, { phase: 'drain' });
    expect((await shutdown.begin()).outcome).toBe('clean');
    for (const port of ports) {
      await expect(keepAliveClient(port).get()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    }
  });
});
