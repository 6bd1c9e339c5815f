import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import {
  Client,
  credentials,
  Server as GrpcServer,
  ServerCredentials,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { dial, gate, get, serve, serveHttp } from '../serving.ts';
import { added, close } from './close.ts';

describe('Shutdown.add with a server', () => {
  it.each([
    ['a server', (server: ReturnType<typeof createServer>) => server],
    ['a function that closes it', (server: ReturnType<typeof createServer>) => () => server.close()],
  ])('is not done while an answer is under way, with %s', async (_, closable) => {
    const [begun, released] = [gate(), gate()];
    const { server, port } = await serveHttp(async (_, response) => {
      begun.open();
      await released.opened;
      response.end('whole');
    });
    let isDone = false;
    const answer = get(port);
    await begun.opened;
    const closed = close(closable(server)).finally(() => {
      isDone = true;
    });
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(isDone).toBe(false);
    released.open();
    expect((await answer).body).toBe('whole');
    expect(await closed).toMatchObject({ outcome: 'done' });
  });

  it('reports what it had to cut', async () => {
    const begun = gate();
    const { server, port } = await serveHttp(() => begun.open());
    const { run } = added(server, { timeout: 100 });
    get(port).catch(() => {});
    await begun.opened;
    expect(await run()).toMatchObject({
      outcome: 'timeout',
      note: expect.stringContaining('1 busy'),
    });
  });

  it('takes one that never listened, or is closed, for done', async () => {
    expect(await close(createServer())).toMatchObject({ outcome: 'done' });
    const { server } = await serveHttp(() => {});
    server.close();
    await once(server, 'close');
    expect(await close(server)).toMatchObject({ outcome: 'done' });
    expect(await close(() => server.close())).toMatchObject({ outcome: 'done' });
  });

  it('ends the connections of a TCP server', async () => {
    const { server, port } = await serve(createTcpServer());
    const { run } = added(server);
    const socket = await dial(port);
    socket.resume();
    const ended = once(socket, 'end');
    expect(await run()).toMatchObject({ outcome: 'done' });
    await ended;
  });

  it('closes the clients of a WebSocket server with 1001, and the server', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    onTestFinished(() => server.close());
    await once(server, 'listening');
    const client = new WebSocket(`ws://127.0.0.1:${(server.address() as { port: number }).port}`);
    await once(client, 'open');
    const closed = once(client, 'close');
    expect(await close(server)).toMatchObject({ outcome: 'done', phase: 'drain' });
    expect((await closed)[0]).toBe(1001);
    expect(server.address()).toBeNull();
  });
});

const bytes = (value: Buffer) => value;
const ECHO: ServiceDefinition = {
  echo: {
    path: '/test/echo',
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  },
};

/** A gRPC server with one call under way, which is answered when the test says so. */
async function grpcCall() {
  const [begun, released] = [gate(), gate()];
  const server = new GrpcServer();
  server.addService(ECHO, {
    echo: async (call: { request: Buffer }, answer: (error: null, value: Buffer) => void) => {
      begun.open();
      await released.opened;
      answer(null, call.request);
    },
  });
  onTestFinished(() => server.forceShutdown());
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  onTestFinished(() => client.close());
  const answer = new Promise<string>((resolve) => {
    client.makeUnaryRequest('/test/echo', bytes, bytes, Buffer.from('whole'), (error, value) =>
      resolve(error ? error.message : String(value)),
    );
  });
  await begun.opened;
  return { server, released, answer };
}

describe('Shutdown.add with a gRPC server', () => {
  it('finishes its calls', async () => {
    const { server, released, answer } = await grpcCall();
    let isDone = false;
    const closed = close(server).finally(() => {
      isDone = true;
    });
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(isDone).toBe(false);
    released.open();
    expect(await answer).toBe('whole');
    expect(await closed).toMatchObject({ outcome: 'done', phase: 'drain' });
  });

  it('cuts them at the deadline, and says so', async () => {
    const { server, answer } = await grpcCall();
    expect(await close(server, { timeout: 100 })).toMatchObject({ outcome: 'timeout' });
    expect(await answer).not.toBe('whole');
  });

  it('takes one that never listened for done', async () => {
    expect(await close(new GrpcServer())).toMatchObject({ outcome: 'done' });
  });
});
