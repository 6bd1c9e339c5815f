import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Server, Socket } from 'node:net';
import type { Listener } from '../host.ts';

/** The state of one socket: the response in progress, and whether it has left HTTP/1. */
export interface Connection {
  readonly socket: Socket;
  response?: ServerResponse;
  session?: ServerHttp2Session;
  /** The open streams of the session, with the headers of their requests. */
  streams?: ReadonlyMap<ServerHttp2Stream, IncomingHttpHeaders>;
  /** Taken over by `upgrade` or `connect`: a WebSocket, a tunnel. */
  upgrade?: Upgrade;
}

export interface Upgrade {
  readonly webSocket: boolean;
  /** The bytes that had been written to the socket before: with more, the upgrade has been answered. */
  readonly written: number;
}

/**
 * Tracks the sockets of a server from the first listener on. A request costs one map look-up: only the last response of
 * a socket is kept, and its state is read from it on demand.
 */
export class Connections {
  readonly #open = new Map<Socket, Connection>();
  readonly #listeners: [string, Listener][] = [];
  readonly #server: Server;
  #latest: Connection | undefined;
  #empty: (() => void) | undefined;
  /** Called for each HTTP/1 request before the application sees it, with the response before; a drain sets it. */
  onBusy: ((connection: Connection, previous: ServerResponse | undefined) => void) | undefined;

  constructor(server: Server) {
    this.#server = server;
    this.#listen('connection', (socket: Socket) => this.#track(socket));
    this.#listen('secureConnection', (socket: Socket) => this.#secured(socket));
    // Node creates the session of a socket while it emits the socket, after this listener.
    this.#listen('session', (session: ServerHttp2Session) => {
      if (this.#latest) trackStreams(this.#latest, session);
    });
    const busy = (request: IncomingMessage, response: ServerResponse) => this.#busy(request, response);
    const upgraded = (request: IncomingMessage) => this.#upgraded(request);
    for (const event of ['request', 'checkContinue', 'checkExpectation']) this.#listenBeside(event, busy);
    for (const event of ['upgrade', 'connect']) this.#listenBeside(event, upgraded);
  }

  get all(): readonly Connection[] {
    return [...this.#open.values()];
  }

  get size(): number {
    return this.#open.size;
  }

  has(socket: Socket): boolean {
    return this.#open.has(socket);
  }

  /** Resolves once no socket is open. */
  empty(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#open.size === 0) resolve();
      else this.#empty = resolve;
    });
  }

  dispose(): void {
    for (const [event, listener] of this.#listeners) this.#server.off(event, listener);
  }

  #listen(event: string, listener: Listener): void {
    this.#listeners.push([event, listener]);
    this.#server.prependListener(event, listener);
  }

  /**
   * Listens only where the application does, and before it, since it may answer at once. Without a listener of the
   * application, this listener would change Node's behaviour: upgrades would count as handled, and every HTTP/2 stream
   * would be wrapped.
   */
  #listenBeside(event: string, listener: Listener): void {
    const onListener = (added: string) => {
      if (added !== event) return;
      this.#server.off('newListener', onListener);
      this.#listen(event, listener);
    };
    if (this.#server.listenerCount(event) > 0) this.#listen(event, listener);
    else this.#listen('newListener', onListener);
  }

  #track(socket: Socket): Connection {
    const known = this.#open.get(socket);
    if (known) return known;
    const connection: Connection = { socket };
    this.#open.set(socket, connection);
    socket.once('close', () => this.#forget(socket));
    this.#latest = connection;
    return connection;
  }

  /** A TLS socket replaces its plain socket, which has no requests. */
  #secured(socket: Socket & { _parent?: Socket }): void {
    if (socket._parent) this.#open.delete(socket._parent);
    this.#track(socket);
  }

  #forget(socket: Socket): void {
    this.#open.delete(socket);
    if (this.#open.size === 0) this.#empty?.();
  }

  #busy(request: IncomingMessage, response: ServerResponse): void {
    if (request.httpVersionMajor > 1) return;
    const connection = this.#open.get(request.socket) ?? this.#track(request.socket);
    const previous = connection.response;
    connection.response = response;
    this.onBusy?.(connection, previous);
  }

  #upgraded({ socket, headers, httpVersionMajor }: IncomingMessage): void {
    if (httpVersionMajor > 1) return;
    const webSocket = headers.upgrade?.toLowerCase() === 'websocket';
    this.#track(socket).upgrade = { webSocket, written: socket.bytesWritten };
  }
}

function trackStreams(connection: Connection, session: ServerHttp2Session): void {
  const streams = new Map<ServerHttp2Stream, IncomingHttpHeaders>();
  Object.assign(connection, { session, streams });
  function forget(this: ServerHttp2Stream): void {
    streams.delete(this);
  }
  session.on('stream', (stream, headers) => {
    streams.set(stream, headers);
    stream.once('close', forget);
  });
}
