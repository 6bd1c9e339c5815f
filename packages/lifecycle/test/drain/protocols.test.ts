import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import {
  type ClientHttp2Session,
  connect as connectHttp2,
  createServer as createHttp2Server,
  createSecureServer,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { systemClock } from '@cutover/internal';
import { makeCertificate } from '@cutover/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { ServerDrain } from '../../src/drain/server-drain.ts';
import { closeWebSockets } from '../../src/drain/web-sockets.ts';
import { begin, dial, gate, get, keepAliveClient, type Served, serve } from '../serving.ts';

const certificate = makeCertificate();

function drainOf({ server }: Pick<Served, 'server'>) {
  const drain = new ServerDrain(server);
  onTestFinished(() => drain.dispose());
  return { drain, start: () => begin(drain) };
}

describe('ServerDrain of https', () => {
  it('serves what comes on an idle connection, with Connection: close, and ends', async () => {
    const served = await serve(createHttpsServer(certificate, (_, response) => response.end('ok')));
    const { start } = drainOf(served);
    const client = keepAliveClient(served.port, { secure: true });
    expect(await client.get()).toMatchObject({ headers: { connection: 'keep-alive' }, body: 'ok' });
    const { finished } = start();
    expect(await client.get()).toMatchObject({ headers: { connection: 'close' }, body: 'ok' });
    await finished;
  });

  it('ends a connection that never began its handshake, with the window', async () => {
    const served = await serve(createHttpsServer(certificate, (_, response) => response.end('ok')));
    const { start } = drainOf(served);
    const closed = once(await dial(served.port), 'close');
    await keepAliveClient(served.port, { secure: true }).get();
    const { finished, windowOver } = start();
    windowOver.open();
    await Promise.all([closed, finished]);
  });

  it('does not cut a busy connection with the window', async () => {
    const slow = gate<ServerResponse>();
    const served = await serve(createHttpsServer(certificate, (_, response) => slow.open(response)));
    const { start, drain } = drainOf(served);
    const answer = keepAliveClient(served.port, { secure: true }).get();
    const response = await slow.opened;
    const { finished, windowOver } = start();
    windowOver.open();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(drain.pending()).toBe('1 busy, 0 idle connections');
    response.end('done');
    expect((await answer).body).toBe('done');
    await finished;
  });
});

describe.each([
  ['http2', () => createHttp2Server(), (port: number) => connectHttp2(`http://127.0.0.1:${port}`)],
  [
    'secure http2',
    () => createSecureServer({ ...certificate, allowHTTP1: true }),
    (port: number) => connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false }),
  ],
] as const)('ServerDrain of %s', (_, create, connect) => {
  async function session() {
    const server = create();
    const slow = gate<ServerHttp2Stream>();
    server.on('stream', (stream: ServerHttp2Stream) => slow.open(stream));
    const served = await serve(server);
    const { start, drain } = drainOf(served);
    const client: ClientHttp2Session = connect(served.port);
    client.on('error', () => {});
    onTestFinished(() => client.destroy());
    await once(client, 'connect');
    return { client, slow, start, drain };
  }
  const ask = (client: ClientHttp2Session) => {
    const stream = client.request({ ':path': '/' });
    let body = '';
    stream.on('data', (chunk) => {
      body += chunk;
    });
    return once(stream, 'end').then(() => body);
  };

  it('sends GOAWAY at once and lets streams in flight finish', async () => {
    const { client, slow, start } = await session();
    const answer = ask(client);
    const stream = await slow.opened;
    const goaway = once(client, 'goaway');
    const { finished, windowOver } = start();
    expect((await goaway)[0]).toBe(0);
    windowOver.open();
    stream.respond({ ':status': 200 });
    stream.end('done');
    expect(await answer).toBe('done');
    await finished;
  });

  it('ends an idle session', async () => {
    const { client, start } = await session();
    const closed = once(client, 'close');
    const { finished, windowOver } = start();
    windowOver.open();
    await Promise.all([closed, finished]);
  });

  it('destroys a stream that outlives the deadline', async () => {
    const { client, slow, start } = await session();
    const answer = ask(client).catch((error) => error);
    await slow.opened;
    const { finished, deadline } = start();
    deadline.abort(new Error('over'));
    await expect(finished).rejects.toThrow('over');
    await answer;
  });
});

describe('ServerDrain of secure http2 that allows HTTP/1', () => {
  it('ends a TLS connection that speaks HTTP/1 and is idle', async () => {
    const served = await serve(createSecureServer({ ...certificate, allowHTTP1: true }));
    const { start } = drainOf(served);
    const socket = connectTls({
      host: '127.0.0.1',
      port: served.port,
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
    });
    onTestFinished(() => void socket.destroy());
    await once(socket, 'secureConnect');
    const closed = once(socket, 'close');
    socket.resume();
    const { finished, windowOver } = start();
    windowOver.open();
    await Promise.all([closed, finished]);
  });
});

describe('ServerDrain of a TCP server', () => {
  it('ends open connections with the window', async () => {
    const served = await serve(createTcpServer((socket) => socket.resume()));
    const { start } = drainOf(served);
    const socket = await dial(served.port);
    socket.resume();
    const closed = once(socket, 'close');
    const { finished, windowOver } = start();
    windowOver.open();
    await Promise.all([closed, finished]);
  });
});

describe('closeWebSockets', () => {
  async function sockets(count: number) {
    const server = createServer((_, response) => response.end('http'));
    const webSockets = new WebSocketServer({ server });
    const served = await serve(server);
    const clients = await Promise.all(
      Array.from({ length: count }, async () => {
        const client = new WebSocket(`ws://127.0.0.1:${served.port}`);
        client.on('error', () => {});
        onTestFinished(() => client.terminate());
        await once(client, 'open');
        return client;
      }),
    );
    return { served, webSockets, clients };
  }

  it('says 1001 to each, spread over the window', async () => {
    const { webSockets, clients } = await sockets(3);
    const waits: number[] = [];
    const clock = { now: () => 0, sleep: async (ms: number) => void waits.push(ms) };
    const codes = clients.map(async (client) => (await once(client, 'close'))[0]);
    await closeWebSockets(webSockets, { window: 300, clock, signal: new AbortController().signal });
    expect(await Promise.all(codes)).toEqual([1001, 1001, 1001]);
    expect(waits).toEqual([100, 100]);
  });

  it('terminates those that do not answer when its time is over', async () => {
    const { webSockets, clients } = await sockets(1);
    clients[0]?.pause();
    const deadline = new AbortController();
    const closing = closeWebSockets(webSockets, { window: 0, clock: systemClock, signal: deadline.signal });
    deadline.abort(new Error('over'));
    await expect(closing).rejects.toThrow('over');
    expect([...webSockets.clients].every((socket) => socket.readyState !== WebSocket.OPEN)).toBe(true);
  });

  it('leaves upgraded sockets to the hook: the server drain waits for them', async () => {
    const { served, webSockets, clients } = await sockets(1);
    const { start } = drainOf(served);
    const closed = once(clients[0] as WebSocket, 'close');
    await get(served.port);
    const { finished, windowOver } = start();
    windowOver.open();
    await closeWebSockets(webSockets, {
      window: 0,
      clock: systemClock,
      signal: new AbortController().signal,
    });
    expect((await closed)[0]).toBe(1001);
    await finished;
  });

  it('without a hook, upgraded sockets end with the window and do not hold the drain', async () => {
    const server = createServer((_, response) => response.end('http'));
    const { start } = drainOf({ server });
    const webSockets = new WebSocketServer({ server });
    const served = await serve(server);
    const client = new WebSocket(`ws://127.0.0.1:${served.port}`);
    client.on('error', () => {});
    await once(client, 'open');
    const closed = once(client, 'close');
    const { finished, windowOver } = start();
    windowOver.open();
    await Promise.all([closed, finished]);
    expect(webSockets.clients.size).toBe(0);
  });

  it('does not make an upgrade of a server that handles none', async () => {
    const server = createServer((_, response) => response.end('plain'));
    const served = await serve(server);
    drainOf(served);
    expect(await get(served.port, '/', false, { connection: 'upgrade', upgrade: 'websocket' })).toMatchObject(
      { body: 'plain' },
    );
  });
});
