import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface Peer {
  port: number;
  /** Connections open now. */
  sockets: ReadonlySet<Socket>;
  /** Connections there have ever been. */
  readonly accepted: number;
}

/** A TCP server on loopback that does `onSocket` and nothing else; gone when the test is. */
export const tcpPeer = (onSocket: (socket: Socket) => void = () => {}, path?: string): Promise<Peer> =>
  listen(
    createServer((socket) => {
      onSocket(socket);
      // What comes is read, or the end behind it would never be seen.
      socket.resume();
    }),
    path,
  );

/** An HTTP server on loopback, or on a Unix socket. */
export const httpPeer = (listener: RequestListener, path?: string): Promise<Peer> =>
  listen(createHttpServer(listener), path);

async function listen(server: Server, path?: string): Promise<Peer> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  server.on('connection', (socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) =>
    path ? server.listen(path, resolve) : server.listen(0, '127.0.0.1', resolve),
  );
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    port: path ? 0 : (server.address() as AddressInfo).port,
    sockets,
    get accepted() {
      return accepted;
    },
  };
}

/** A port on which nothing listens: one that was free a moment ago. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** An empty folder, gone when the test is. */
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cutover-healthcheck-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
