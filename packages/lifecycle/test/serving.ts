import { once } from 'node:events';
import {
  Agent,
  createServer,
  type Server as HttpServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
} from 'node:http';
import { request as httpsRequest, Agent as SecureAgent } from 'node:https';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { systemClock } from '@cutover/internal';
import type { FakeClock } from '@cutover/testing';
import { onTestFinished } from 'vitest';
import type { ServerDrain } from '../src/drain/server-drain.ts';

export interface Served<T extends Server = Server> {
  readonly server: T;
  readonly port: number;
}

/** Listens on a free port of loopback; everything is destroyed when the test ends. */
export async function serve<T extends Server>(server: T): Promise<Served<T>> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  onTestFinished(() => {
    server.close(() => {});
    for (const socket of sockets) socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

export const serveHttp = (listener: RequestListener): Promise<Served<HttpServer>> =>
  serve(createServer(listener));

export interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A client that keeps its one connection alive, as long as the server lets it; `secure` speaks TLS. */
export function keepAliveClient(port: number, { secure = false } = {}) {
  const agent = new (secure ? SecureAgent : Agent)({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  return { get: (path = '/', headers = {}) => get(port, path, agent, headers) };
}

export function get(
  port: number,
  path = '/',
  agent: Agent | false = false,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const ask = agent instanceof SecureAgent ? httpsRequest : httpRequest;
    const options = { host: '127.0.0.1', port, path, agent, headers, rejectUnauthorized: false };
    const request = ask(options, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end();
  });
}

/** A bare TCP connection that sends only what it is told to. */
export async function dial(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** A promise with its resolver outside. */
export function gate<T = void>() {
  let open: (value: T) => void = () => {};
  const opened = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

/** Moves time beyond the lame duck, and lets the turns pass in which a drain reads what has arrived. */
export async function passLameDuck(clock: FakeClock, lameDuck: number): Promise<void> {
  await clock.advance(lameDuck);
  for (let turn = 0; turn < 4; turn++) await clock.advance(0);
}

/** Moves time until a shutdown is over, at a pace at which the network can follow. */
export async function settled<T>(finished: Promise<T>, clock: FakeClock): Promise<T> {
  let over = false;
  void finished.then(() => {
    over = true;
  });
  while (!over) {
    await clock.advance(5);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return finished;
}

/** Begins a drain whose lame duck and whose deadline are over when the test says so; all else takes its time. */
export function begin(drain: ServerDrain) {
  const windowOver = gate();
  const deadline = new AbortController();
  onTestFinished(() => deadline.abort(new Error('the test is over')));
  const lameDuck = 1;
  const sleep = (ms: number, signal?: AbortSignal) =>
    ms === lameDuck ? windowOver.opened : systemClock.sleep(ms, signal);
  const clock = { now: systemClock.now, sleep };
  drain.refuse();
  const finished = drain.drain({ lameDuck, clock, signal: deadline.signal, remaining: () => 60_000 });
  finished.catch(() => {});
  return { finished, windowOver, deadline };
}
