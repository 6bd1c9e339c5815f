import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A small app behind HAProxy: says its name, can be slow, unhealthy or gone. */
export interface App extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
  /** Requests seen but those of health checks. */
  readonly served: number;
  healthy: boolean;
  /** When its last health check was answered, as `performance.now()`. */
  readonly checkedAt: number;
  /** Milliseconds until `/slow` is answered. */
  slow: number;
  /** Ends it at once, with every connection. */
  kill(): Promise<void>;
  /** Listens again, on the same port. */
  revive(): Promise<void>;
}

export async function startApp(name: string, { listen = true }: { listen?: boolean } = {}): Promise<App> {
  const sockets = new Set<Socket>();
  let served = 0;
  let port = 0;
  let checkedAt = 0;
  let server: Server | undefined;
  const create = (): Server =>
    createServer((request, response) => {
      if (request.url === '/health') {
        checkedAt = performance.now();
        response.statusCode = app.healthy ? 200 : 503;
        return void response.end();
      }
      served++;
      response.setHeader('x-version', name);
      const wait = request.url?.includes('/slow') ? app.slow : 0;
      request.resume();
      setTimeout(() => response.end(`${name} ${request.url}`), wait);
    })
      .on('connection', (socket) => {
        sockets.add(socket);
        socket.on('error', () => {}).on('close', () => sockets.delete(socket));
      })
      // Longer than HAProxy keeps its idle connections, so that no request meets a closing one.
      .on('upgrade', (request, socket) => {
        served++;
        socket.on('error', () => {});
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n');
        socket.pipe(socket);
        request.resume();
      });
  const begin = async () => {
    server = create();
    server.keepAliveTimeout = 60_000;
    server.listen(port, '0.0.0.0');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  };
  const kill = async () => {
    for (const socket of sockets) socket.resetAndDestroy();
    if (!server?.listening) return;
    await new Promise((resolve) => server?.close(resolve));
  };
  const app: App = {
    name,
    healthy: true,
    slow: 500,
    get port() {
      return port;
    },
    get checkedAt() {
      return checkedAt;
    },
    get served() {
      return served;
    },
    kill,
    revive: begin,
    [Symbol.asyncDispose]: kill,
  };
  await begin();
  if (!listen) await kill();
  return app;
}
