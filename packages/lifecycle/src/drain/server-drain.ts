import type { Server } from 'node:net';
import type { Clock } from '@cutover/internal';
import { describe, isBusy } from './busy.ts';
import { tellToClose, tellToStay } from './connection-header.ts';
import { type Connection, Connections } from './connections.ts';
import { EventStreams, type Streams } from './event-streams.ts';
import { type AnyServer, IdleSockets } from './idle-sockets.ts';
import { primaryKnows } from './primary.ts';
import { Unacknowledged } from './unacknowledged.ts';
import { closeLateWebSockets, endUpgraded, type WebSocketServerLike } from './web-sockets.ts';

export interface DrainOptions {
  /** The policy for event streams; default `finish`. */
  readonly streams?: Streams;
  /** WebSocket servers whose clients may be on this server. */
  readonly webSockets?: readonly WebSocketServerLike[];
}

export interface DrainContext {
  /** Milliseconds of `Connection: close` answers before idle sockets end. */
  readonly lameDuck: number;
  readonly clock: Clock;
  /** Aborts when the drain's time is over; connections still open are destroyed. */
  readonly signal: AbortSignal;
  /** Milliseconds until then. */
  remaining(): number;
}

/** The share of the drain's time after which open streams are ended in order, early enough for their end to arrive. */
export const LAST_CALL = 0.9;
/**
 * Milliseconds between two checks of states without an event: an upgrade being answered, a socket older than the
 * listeners.
 */
const LOOK = 100;

/**
 * Drains one server in the order that loses nothing: the listener closes first (in a cluster the primary then stops
 * sending), then every answer says `Connection: close`, then idle sockets end, then busy ones.
 */
export class ServerDrain {
  readonly #server: AnyServer;
  readonly #connections: Connections;
  readonly #idle: IdleSockets;
  readonly #streams: EventStreams;
  readonly #webSockets: readonly WebSocketServerLike[];
  readonly #unacknowledged = new Unacknowledged();
  #closed: Promise<unknown> = Promise.resolve();
  #cut: string | undefined;

  constructor(server: Server, { streams = 'finish', webSockets = [] }: DrainOptions = {}) {
    this.#server = server;
    this.#connections = new Connections(server);
    this.#idle = new IdleSockets(server);
    this.#streams = new EventStreams(streams);
    this.#webSockets = webSockets;
  }

  /** Closes the listener and tells clients to disconnect, at once; also for a listener that opens later. */
  refuse(): void {
    this.#connections.onBusy = (connection, previous) => {
      if (previous) tellToStay(previous);
      this.#tell(connection);
    };
    this.#idle.keep();
    this.#stopListening();
    this.#server.once('listening', () => this.#stopListening());
    for (const connection of this.#connections.all) this.#tell(connection);
  }

  /**
   * Resolves once nothing is open and clients have received everything that was sent.
   * @throws the signal's reason, after destroying what is still open; an error, when streams were ended early
   */
  async drain(context: DrainContext): Promise<void> {
    const { signal } = context;
    const destroy = () => this.#destroy();
    signal.addEventListener('abort', destroy, { once: true });
    const gone = Promise.all([this.#closed, this.#connections.empty()]);
    try {
      await Promise.race([gone, this.#endInOrder(context)]);
      await gone;
      await this.#unacknowledged.settled(signal);
      signal.throwIfAborted();
    } finally {
      signal.removeEventListener('abort', destroy);
    }
    if (this.#streams.complaint) throw new Error(this.#streams.complaint);
  }

  /** What is open, or was open when it was cut, for people: `2 busy, 1 idle connections`. */
  pending(): string {
    const { count } = this.#unacknowledged;
    const sending = count > 0 ? `, ${count} closed and still sending` : '';
    return `${this.#cut ?? describe(this.#connections.all)}${sending}`;
  }

  dispose(): void {
    this.#connections.onBusy = undefined;
    this.#connections.dispose();
    this.#idle.release();
  }

  #tell(connection: Connection): void {
    tellToClose(connection);
    this.#unacknowledged.add(connection.socket);
  }

  /** Not with the server's own close, which for HTTP also cuts idle sockets and stops checking header timeouts. */
  #stopListening(): void {
    const { Server } = process.getBuiltinModule('node:net');
    const closed = new Promise<void>((resolve) => {
      Server.prototype.close.call(this.#server, () => resolve());
    });
    this.#closed = Promise.all([closed, primaryKnows()]);
  }

  async #endInOrder(context: DrainContext): Promise<void> {
    const { lameDuck, clock, signal, remaining } = context;
    const lastCall = clock.now() + remaining() * LAST_CALL;
    const left = () => Math.max(lastCall - clock.now(), 0);
    await clock.sleep(Math.min(lameDuck, left()), signal);
    await readWhatHasArrived();
    for (const connection of this.#connections.all) this.#retire(connection, context);
    for (; left() > 0; await clock.sleep(Math.min(LOOK, left()), signal)) this.#look();
    for (const connection of this.#connections.all) this.#end(connection);
  }

  #retire(connection: Connection, context: DrainContext): void {
    const { socket, response, session, upgrade } = connection;
    this.#streams.close(connection);
    if (session) session.close();
    else if (!isBusy(connection)) socket.destroySoon();
    else if (!upgrade) response?.once('close', () => void this.#answered(connection, context));
  }

  /**
   * An answer that began before the drain could not say close, so its client may send another request: it gets the lame
   * duck's time from here on. If the answer did say close, Node has already ended the socket.
   */
  async #answered(connection: Connection, context: DrainContext): Promise<void> {
    const { lameDuck, clock, signal, remaining } = context;
    if (!connection.socket.writable) return;
    await clock.sleep(Math.min(lameDuck, remaining() / 2), signal).catch(() => {});
    await readWhatHasArrived();
    this.#retire(connection, context);
  }

  #look(): void {
    for (const server of this.#webSockets) closeLateWebSockets(server);
    for (const connection of this.#connections.all) endUpgraded(connection);
    for (const socket of this.#idle.list()) {
      if (this.#connections.has(socket)) continue;
      this.#unacknowledged.add(socket);
      socket.destroySoon();
    }
  }

  /** Ends cleanly what is still open shortly before the deadline, as far as possible. */
  #end(connection: Connection): void {
    this.#streams.endAll(connection);
    if (connection.upgrade) connection.socket.end();
    else if (!connection.session && !isBusy(connection)) connection.socket.destroySoon();
  }

  #destroy(): void {
    this.#cut = describe(this.#connections.all);
    for (const { socket, session } of this.#connections.all) {
      session?.destroy();
      socket.destroy();
    }
    this.#server.closeAllConnections?.();
  }
}

/** Lets requests that are already in the kernel be read: a socket with such a request is not idle. */
async function readWhatHasArrived(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}
