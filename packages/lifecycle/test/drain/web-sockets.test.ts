import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { makeCertificate } from '@cutover/testing';
import { Server as EngineServer } from 'engine.io';
import { Server as SocketIo } from 'socket.io';
import { io as connectSocketIo } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { GracefulShutdownOptions } from '../../src/shutdown/options.ts';
import { dial, gate, get, keepAliveClient, passLameDuck, serve, settled } from '../serving.ts';
import { worldOf } from '../shutdown/fake-host.ts';

const certificate = makeCertificate();
const LAME_DUCK = 100;
const listener: RequestListener = (_, response) => response.end('http');

/** A WebSocket client, and the code with which it is closed. */
function connect(port: number, { scheme = 'ws', path = '/' } = {}) {
  const client = new WebSocket(`${scheme}://127.0.0.1:${port}${path}`, { rejectUnauthorized: false });
  client.on('error', () => {});
  onTestFinished(() => client.terminate());
  const code = once(client, 'close').then(([code]) => code as number);
  return { client, code, opened: once(client, 'open') };
}

const drained = (server: Server, options: GracefulShutdownOptions = {}) =>
  worldOf({ server, gracePeriod: 1_000, lameDuck: LAME_DUCK, ...options });

describe.each([
  ['ws', () => createServer(listener)],
  ['wss', () => createHttpsServer(certificate, listener)],
] as const)('gracefulShutdown with %s', (scheme, create) => {
  it('closes WebSockets with 1001 that a server handles which is not listed', async () => {
    const server = create();
    const { shutdown, clock } = drained(server);
    new WebSocketServer({ server });
    const { port } = await serve(server as Server);
    const { code, opened } = connect(port, { scheme });
    await opened;
    const finished = shutdown.begin();
    await passLameDuck(clock, LAME_DUCK);
    expect(await code).toBe(1001);
    expect((await finished).outcome).toBe('clean');
  });

  it('lets what was sent before the close arrive', async () => {
    const server = create();
    const { shutdown, clock } = drained(server);
    const webSockets = new WebSocketServer({ server });
    const { port } = await serve(server as Server);
    const { client, code, opened } = connect(port, { scheme });
    await opened;
    const lengths: number[] = [];
    client.on('message', (data: Buffer) => lengths.push(data.length));
    for (const socket of webSockets.clients)
      for (let at = 0; at < 20; at++) socket.send(Buffer.alloc(500_000));
    const finished = shutdown.begin();
    await passLameDuck(clock, LAME_DUCK);
    expect(await code).toBe(1001);
    expect(lengths).toEqual(Array(20).fill(500_000));
    expect((await finished).outcome).toBe('clean');
  });
});

describe('gracefulShutdown with WebSockets', () => {
  it.each([
    ['listed', true],
    ['not listed', false],
  ])('closes one with 1001 that upgrades during the lame duck, by a server that is %s', async (_, listed) => {
    const server = createServer(listener);
    const webSockets = new WebSocketServer({ server });
    const { shutdown, clock } = drained(server, listed ? { webSockets } : {});
    const { port } = await serve(server);
    // Connected before, since the listener closes first.
    const socket = await dial(port);
    const finished = shutdown.begin();
    const upgraded = once(webSockets, 'connection');
    const client = new WebSocket(`ws://127.0.0.1:${port}`, {
      createConnection: () => socket as Duplex as never,
    });
    const closed = once(client, 'close');
    await Promise.all([upgraded, once(client, 'open')]);
    await passLameDuck(clock, LAME_DUCK);
    expect((await closed)[0]).toBe(1001);
    expect((await finished).outcome).toBe('clean');
  });

  it('closes those of a listed and of another server on one port', async () => {
    const server = createServer(listener);
    const { shutdown, clock } = (() => {
      const webSockets = new WebSocketServer({ noServer: true });
      const other = new WebSocketServer({ noServer: true });
      server.on('upgrade', (request, socket, head) => {
        (request.url === '/other' ? other : webSockets).handleUpgrade(request, socket, head, () => {});
      });
      return drained(server, { webSockets });
    })();
    const { port } = await serve(server);
    const clients = [connect(port), connect(port, { path: '/other' })];
    await Promise.all(clients.map(({ opened }) => opened));
    const finished = shutdown.begin();
    await passLameDuck(clock, LAME_DUCK);
    expect(await Promise.all(clients.map(({ code }) => code))).toEqual([1001, 1001]);
    expect((await finished).outcome).toBe('clean');
  });

  it('lets a handshake that is being decided finish, then closes with 1001', async () => {
    const server = createServer(listener);
    const { shutdown, clock } = drained(server);
    const asked = gate<(accepted: boolean) => void>();
    new WebSocketServer({ server, verifyClient: (_, decide) => asked.open(decide) });
    const { port } = await serve(server);
    const { code, opened } = connect(port);
    const decide = await asked.opened;
    const finished = shutdown.begin();
    await passLameDuck(clock, 2 * LAME_DUCK);
    decide(true);
    await opened;
    await passLameDuck(clock, 2 * LAME_DUCK);
    expect(await code).toBe(1001);
    expect((await finished).outcome).toBe('clean');
  });

  it('says forced, and how many, when one does not answer the close', async () => {
    const server = createServer(listener);
    const { shutdown, clock } = drained(server);
    new WebSocketServer({ server });
    const { port } = await serve(server);
    const { client, opened } = connect(port);
    await opened;
    client.pause();
    const finished = shutdown.begin();
    expect(await settled(finished, clock)).toMatchObject({
      outcome: 'forced',
      steps: [{ outcome: 'done' }, { outcome: 'cut', note: '1 busy, 0 idle connections' }],
    });
  });

  it('ends what has upgraded to another protocol, without a frame of ours', async () => {
    const server = createServer(listener);
    const { shutdown, clock } = drained(server);
    server.on('upgrade', (_, socket) => socket.write('HTTP/1.1 101 Switching\r\nUpgrade: other\r\n\r\n'));
    const { port } = await serve(server);
    const socket = await dial(port);
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n');
    await once(socket, 'data');
    const rest = once(socket, 'data').then(String);
    const ended = once(socket, 'end');
    const finished = shutdown.begin();
    await passLameDuck(clock, LAME_DUCK);
    expect(await Promise.race([rest, ended])).toEqual([]);
    expect((await finished).outcome).toBe('clean');
  });
});

describe.each([['polling'], ['websocket']])('gracefulShutdown with socket.io by %s', (transport) => {
  async function connected() {
    const server = createServer(listener);
    const io = new SocketIo(server);
    const { shutdown, clock } = drained(server, { webSockets: io });
    shutdown.add('socket.io', io);
    const { port } = await serve(server);
    const client = connectSocketIo(`http://127.0.0.1:${port}`, {
      transports: [transport],
      reconnection: false,
    });
    onTestFinished(() => void client.close());
    await new Promise((resolve) => client.once('connect', () => resolve(undefined)));
    await polled(io.engine);
    return { io, client, shutdown, clock };
  }

  it('disconnects clients in order, so that they connect again, and is not held by them', async () => {
    const { client, shutdown, clock } = await connected();
    const reason = new Promise((resolve) => client.once('disconnect', resolve));
    const finished = shutdown.begin();
    await passLameDuck(clock, LAME_DUCK);
    expect(await settled(finished, clock)).toMatchObject({ outcome: 'clean' });
    // Not "io server disconnect", after which a client stays away.
    expect(await reason).toBe('transport close');
  });

  it('delivers what was emitted before', async () => {
    const { io, client, shutdown, clock } = await connected();
    const news = new Promise((resolve) => client.once('news', resolve));
    io.emit('news', 'latest');
    const finished = shutdown.begin();
    await passLameDuck(clock, LAME_DUCK);
    expect(await news).toBe('latest');
    expect(await settled(finished, clock)).toMatchObject({ outcome: 'clean' });
  });
});

describe('gracefulShutdown with engine.io', () => {
  const path = '/engine.io/?EIO=4&transport=polling';
  async function polling() {
    const server = createServer();
    const engine = new EngineServer();
    engine.attach(server);
    const { shutdown, clock } = drained(server, { webSockets: engine });
    const { port } = await serve(server);
    const handshake = await get(port, path);
    const { sid } = JSON.parse(handshake.body.slice(1));
    return { engine, port, poll: () => keepAliveClient(port).get(`${path}&sid=${sid}`), shutdown, clock };
  }

  it('answers a long poll with a close', async () => {
    const { engine, poll, shutdown, clock } = await polling();
    const answer = poll();
    await polled(engine);
    const finished = shutdown.begin();
    await passLameDuck(clock, LAME_DUCK);
    expect(await answer).toMatchObject({ status: 200, body: '1' });
    expect((await settled(finished, clock)).outcome).toBe('clean');
  });

  it('is not held by a client between two polls', async () => {
    const { engine, shutdown, clock } = await polling();
    expect(engine.clientsCount).toBe(1);
    const finished = shutdown.begin();
    await passLameDuck(clock, LAME_DUCK);
    expect(await settled(finished, clock)).toMatchObject({ outcome: 'clean' });
    expect(engine.clientsCount).toBe(0);
  });
});

/** Resolves once a poll waits for its answer. */
async function polled(engine: object): Promise<void> {
  const { clients } = engine as unknown as { clients: Record<string, { transport: { writable: boolean } }> };
  while (!Object.values(clients).every(({ transport }) => transport.writable)) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
