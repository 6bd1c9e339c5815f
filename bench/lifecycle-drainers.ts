import { createServer, type RequestListener, type Server } from 'node:http';
import { gracefulShutdown } from '@cutover/lifecycle';
import { createTerminus } from '@godaddy/terminus';
import fastify from 'fastify';
import gracefulShutdownPeer from 'http-graceful-shutdown';
import { createHttpTerminator } from 'http-terminator';
import stoppable from 'stoppable';

/** Milliseconds of grace, the same for all. */
const GRACE = 5_000;

/** A server managed by one library, and its drain. */
export interface Drainer {
  readonly server: Server;
  /** For libraries that open the server themselves. */
  listen?(): Promise<unknown>;
  drain(): Promise<unknown>;
}

export type MakeDrainer = (listener: RequestListener) => Drainer | Promise<Drainer>;

const ours =
  (lameDuck?: number): MakeDrainer =>
  (listener) => {
    const server = createServer(listener);
    const shutdown = gracefulShutdown({
      server,
      gracePeriod: GRACE,
      ...(lameDuck === undefined ? {} : { lameDuck }),
      signals: [],
      trapErrors: false,
      exit: false,
      logger: false,
    });
    return { server, drain: () => shutdown.begin() };
  };

/** Plain close, cut at the grace period: it would not end by itself. */
const bare: MakeDrainer = (listener) => {
  const server = createServer(listener);
  const drain = async () => {
    const timer = setTimeout(() => server.closeAllConnections(), GRACE);
    await new Promise((resolve) => server.close(resolve));
    clearTimeout(timer);
  };
  return { server, drain };
};

const terminator: MakeDrainer = (listener) => {
  const server = createServer(listener);
  const { terminate } = createHttpTerminator({ server, gracefulTerminationTimeout: GRACE });
  return { server, drain: terminate };
};

const stopper: MakeDrainer = (listener) => {
  const server = stoppable(createServer(listener), GRACE);
  return { server, drain: () => new Promise((resolve) => server.stop(resolve)) };
};

const peer: MakeDrainer = (listener) => {
  const server = createServer(listener);
  const drain = gracefulShutdownPeer(server, { signals: '', timeout: GRACE, forceExit: false });
  return { server, drain };
};

const fast: MakeDrainer = (listener) => {
  const app = fastify();
  app.all('*', (request, reply) => {
    reply.hijack();
    listener(request.raw, reply.raw);
  });
  // It closes only what it has opened itself.
  return {
    server: app.server,
    listen: () => app.listen({ port: 0, host: '127.0.0.1' }),
    drain: () => app.close(),
  };
};

/** It begins with a signal and ends by sending the signal to the process again, which counts as its end here. */
const terminus: MakeDrainer = (listener) => {
  const signal = 'SIGUSR2';
  const server = createTerminus(createServer(listener), { timeout: GRACE, signals: [signal] });
  const drain = () =>
    new Promise<void>((resolve) => {
      const { kill } = process;
      process.kill = () => {
        process.kill = kill;
        resolve();
        return true;
      };
      process.emit(signal, signal);
    });
  return { server, drain };
};

/** It drains no server itself: its documentation closes one in a handler. */
const lighthouse: MakeDrainer = async (listener) => {
  const { createLightship } = await import('lightship');
  const server = createServer(listener);
  const lightship = await createLightship({
    signals: [],
    shutdownHandlerTimeout: GRACE,
    terminate: () => {},
  });
  lightship.registerShutdownHandler(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  return { server, drain: () => lightship.shutdown() };
};

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
/** Libraries that cannot run here, and why. */
export const missing: Readonly<Record<string, string>> =
  major > 22 || (major === 22 && minor >= 13) ? {} : { 'lightship, server.close()': 'needs Node 22.13' };

export const drainers: Readonly<Record<string, MakeDrainer>> = {
  '@cutover/lifecycle': ours(),
  '@cutover, lameDuck 0': ours(0),
  'node:http close()': bare,
  'http-terminator': terminator,
  stoppable: stopper,
  'http-graceful-shutdown': peer,
  fastify: fast,
  '@godaddy/terminus': terminus,
  'lightship, server.close()': lighthouse,
};
