import type { Server } from 'node:net';
import { option, readOptions } from '@cutover/internal';
import { type EngineIoServerLike, isEngineIo } from '../drain/engine-io.ts';
import type { StreamedRequest, StreamPolicy } from '../drain/event-streams.ts';
import type { WebSocketServerLike } from '../drain/web-sockets.ts';
import { refuse } from '../errors.ts';
import type { ShutdownEvent } from './types.ts';

export interface LifecycleLogger {
  info(line: string): void;
  warn(line: string): void;
}

/** A WebSocket server of `ws`, or one of socket.io or engine.io. */
export type AnyWebSocketServer = WebSocketServerLike | EngineIoServerLike;

export interface GracefulShutdownOptions {
  /** Servers to drain: node:http, https, http2 or net, listening or not yet. */
  server?: Server | readonly Server[];
  /**
   * Milliseconds for the whole shutdown; default: what PM2's `kill_timeout` allows, else
   * {@link DEFAULT_GRACE_PERIOD}.
   */
  gracePeriod?: number;
  /**
   * Milliseconds in which answers carry `Connection: close` before idle sockets end; default
   * {@link DEFAULT_LAME_DUCK}, at most a third of the grace period. No less than the server's `keepAliveTimeout`
   * makes it exact for clients that honour it; 0 ends idle sockets at once.
   */
  lameDuck?: number;
  /**
   * The policy for open event streams (answers of `text/event-stream` or `multipart/x-mixed-replace`): with
   * `finish` they get nine tenths of the drain's time to end by themselves, then are ended in order and the verdict is
   * `partial`; with `close`, meant for endless streams, they are ended after the lame duck, which is
   * clean. A function decides by request. Default `finish`.
   */
  streams?: StreamPolicy | ((request: StreamedRequest) => StreamPolicy);
  /** Milliseconds between readiness 503 and closing the listener, for load balancers that only poll; default 0. */
  readinessDelay?: number;
  /** Default SIGTERM and SIGINT. */
  signals?: readonly NodeJS.Signals[];
  /**
   * Whether uncaught exceptions and rejections begin the same shutdown, with exit code 1; default true. Errors of
   * stdout and stderr, whose reader may be gone, are then ignored.
   */
  trapErrors?: boolean;
  /**
   * Whether the process ends with the verdict's exit code when all is done, or is killed when it is blocked; default
   * true.
   */
  exit?: boolean;
  /**
   * WebSocket servers (of `ws`, or alike) whose clients are closed with 1001, spread over the lame duck's time; servers
   * of socket.io and engine.io too, whose clients may poll. Other WebSockets of `server` are closed all at once
   * after it.
   */
  webSockets?: AnyWebSocketServer | readonly AnyWebSocketServer[];
  /** A file for the verdict as JSON; default one in `$CUTOVER_VERDICT_DIR`, which `runService` sets, if any. */
  verdictFile?: string;
  /**
   * Milliseconds from the container's stop signal to SIGKILL; default `$CUTOVER_GRACE_PERIOD`, which `runService`
   * sets.
   */
  containerStopTimeout?: number;
  /** Called with every event. What it throws is ignored. */
  onEvent?: (event: ShutdownEvent) => void;
  /** The log for a few lines: `console` and pino fit; default stderr; false for none. */
  logger?: LifecycleLogger | false;
}

const UNCATCHABLE = ['SIGKILL', 'SIGSTOP'];
const signalName = {
  expected: 'the name of a signal that can be caught',
  accepts: (v: unknown) => typeof v === 'string' && /^SIG[A-Z0-9]+$/.test(v) && !UNCATCHABLE.includes(v),
};
const server = {
  expected: 'a server of node:http, https, http2 or net',
  accepts: (v: unknown) => has(v, 'close', 'prependListener', 'address'),
};
const webSocketServer = {
  expected: 'a server with a set of clients, or one of socket.io or engine.io',
  accepts: (v: unknown) =>
    option.object.accepts(v) &&
    (isEngineIo(v as object) || Symbol.iterator in Object((v as WebSocketServerLike).clients)),
};
/** Also that of a service. */
export const logger = {
  expected: 'an object with info and warn, or false',
  accepts: (v: unknown) => v === false || has(v, 'info', 'warn'),
};

const has = (value: unknown, ...methods: string[]): boolean =>
  methods.every((method) => typeof Object(value)[method] === 'function');

const RULES = {
  server: option.either(server, option.list(server)),
  gracePeriod: option.duration,
  lameDuck: option.duration,
  streams: option.either(option.oneOf('finish', 'close'), option.function),
  readinessDelay: option.duration,
  signals: option.list(signalName),
  trapErrors: option.boolean,
  exit: option.boolean,
  webSockets: option.either(webSocketServer, option.list(webSocketServer)),
  verdictFile: option.text,
  containerStopTimeout: option.duration,
  onEvent: option.function,
  logger,
};

const DEFAULTS = {
  server: [] as readonly Server[],
  streams: 'finish' as NonNullable<GracefulShutdownOptions['streams']>,
  readinessDelay: 0,
  signals: ['SIGTERM', 'SIGINT'] as readonly NodeJS.Signals[],
  trapErrors: true,
  exit: true,
  webSockets: [] as readonly AnyWebSocketServer[],
  onEvent: () => {},
  logger: console as LifecycleLogger | false,
};

export const readShutdownOptions = (given: GracefulShutdownOptions) =>
  readOptions(given, RULES, DEFAULTS, refuse('setting up the shutdown'));
