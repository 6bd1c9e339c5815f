import type { Server } from 'node:net';
import type { Clock } from '@cutover/internal';
import { type Connection, Connections } from './connections.ts';

export interface DrainContext {
  /** Milliseconds in which clients are told before idle sockets end. */
  readonly lameDuck: number;
  readonly clock: Clock;
  /** Aborts when the drain's time is over; what is open then is destroyed. */
  readonly signal: AbortSignal;
}

/** What node:http adds to a server of node:net. */
type AnyServer = Server & { closeIdleConnections?(): void; closeAllConnections?(): void };

/**
 * The end of one server, in the order that loses nothing: the listener closes first (in a cluster the primary stops
 * sending at that moment), then every answer says `Connection: close`, then what is idle ends, then what is busy.
 */
export class ServerDrain {
  readonly #server: AnyServer;
  readonly #connections: Connections;
  /** Upgraded sockets are closed by somebody who speaks their protocol. */
  readonly #upgradedElsewhere: boolean;
  #closed: Promise<void> = Promise.resolve();

  constructor(server: Server, { upgradedElsewhere = false } = {}) {
    this.#server = server;
    this.#connections = new Connections(server);
    this.#upgradedElsewhere = upgradedElsewhere;
  }

  /** Closes the listener and tells clients to go, at once; also a listener that opens later. */
  refuse(): void {
    this.#connections.onBusy = (connection, previous) => {
      if (previous) tellToStay(previous);
      tellToClose(connection);
    };
    this.#stopListening();
    this.#server.once('listening', () => this.#stopListening());
    for (const connection of this.#connections.all) tellToClose(connection);
  }

  /** Resolves once nothing is open; rejects with the signal's reason after destroying what still is. */
  async drain({ lameDuck, clock, signal }: DrainContext): Promise<void> {
    const destroy = () => this.#destroy();
    signal.addEventListener('abort', destroy, { once: true });
    const gone = Promise.all([this.#closed, this.#connections.empty()]);
    try {
      await Promise.race([gone, clock.sleep(lameDuck, signal)]);
      await readWhatHasArrived();
      for (const connection of this.#connections.all) this.#retire(connection);
      // Those that came before we listened, too.
      this.#server.closeIdleConnections?.();
      await gone;
      signal.throwIfAborted();
    } finally {
      signal.removeEventListener('abort', destroy);
    }
  }

  /** What is open, for people: `2 requests, 1 idle`. */
  pending(): string {
    const all = this.#connections.all;
    const busy = all.filter(isBusy).length;
    return `${busy} busy, ${all.length - busy} idle connections`;
  }

  dispose(): void {
    this.#connections.onBusy = undefined;
    this.#connections.dispose();
  }

  /** Not the server's own close, which for HTTP also cuts idle sockets and stops checking header timeouts. */
  #stopListening(): void {
    const { Server } = process.getBuiltinModule('node:net');
    this.#closed = new Promise((resolve) => {
      Server.prototype.close.call(this.#server, () => resolve());
    });
  }

  #retire(connection: Connection): void {
    const { socket, response, session, upgraded } = connection;
    if (response && isEventStream(response)) response.end();
    if (session) session.close();
    else if (upgraded) this.#endUpgraded(socket);
    else if (response && isBusy(connection)) response.once('close', () => socket.destroySoon());
    else socket.destroySoon();
  }

  #endUpgraded(socket: Connection['socket']): void {
    if (!this.#upgradedElsewhere) socket.end();
  }

  #destroy(): void {
    for (const { socket, session } of this.#connections.all) {
      session?.destroy();
      socket.destroy();
    }
    this.#server.closeAllConnections?.();
  }
}

type Response = NonNullable<Connection['response']>;

const isBusy = ({ response, session, upgraded }: Connection): boolean =>
  upgraded || session !== undefined || (response !== undefined && !isOver(response));

const isOver = (response: Response): boolean => response.writableFinished || response.destroyed;

/**
 * An event stream has no end of its own, and its client reconnects by protocol: ending it loses nothing. `writeHead`
 * leaves no trace in `getHeader`, hence the look at what the client, by the same protocol, asked for.
 */
const isEventStream = (response: Response): boolean =>
  response.headersSent &&
  [response.getHeader('content-type'), response.req.headers.accept].some((type) =>
    String(type).startsWith('text/event-stream'),
  );

// The largest stream id there is: "I will close soon, finish what you have begun".
const ANY_STREAM = 2 ** 31 - 1;

function tellToClose({ response, session }: Connection): void {
  if (session && !session.destroyed) session.goaway(0, ANY_STREAM);
  if (response && isUnsaid(response)) response.setHeader('Connection', 'close');
}

/** Of a client that pipelines: to close with this answer would lose the request that has come behind it. */
function tellToStay(response: Response): void {
  if (isUnsaid(response)) response.setHeader('Connection', 'keep-alive');
}

const isUnsaid = (response: Response): boolean => !response.headersSent && !isOver(response);

/** Lets requests that already lie in the kernel be read: an idle socket with one of them is not idle. */
async function readWhatHasArrived(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}
