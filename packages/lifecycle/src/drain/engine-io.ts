import type { WebSocketLike, WebSocketServerLike } from './web-sockets.ts';

/** A server of engine.io or of socket.io, whose clients use a WebSocket or polling. */
export interface EngineIoServerLike {
  attach(server: never, options?: never): unknown;
  close(callback?: never): unknown;
}

/** Members that its types do not show. */
interface Engine {
  readonly clients?: Readonly<Record<string, Client>>;
  /** Of socket.io, once it is attached. */
  readonly engine?: Engine;
}

interface Client {
  readonly readyState: string;
  /** What waits for the next poll. */
  readonly writeBuffer: readonly unknown[];
  readonly transport: {
    /** Whether a poll waits for its answer. */
    readonly writable: boolean;
    readonly socket?: WebSocketLike;
  };
  close(discard?: boolean): unknown;
  once(event: 'close', listener: () => void): unknown;
}

export const isEngineIo = (server: object): server is EngineIoServerLike =>
  ['attach', 'close'].every((name) => typeof Reflect.get(server, name) === 'function');

/** Its clients as WebSockets. */
export function webSocketsOf(server: EngineIoServerLike): WebSocketServerLike {
  const wrapped = new WeakMap<Client, WebSocketLike>();
  const wrap = (client: Client) => {
    const known = wrapped.get(client) ?? asWebSocket(client);
    wrapped.set(client, known);
    return known;
  };
  return {
    get clients() {
      const engine = server as Engine;
      return Object.values((engine.engine ?? engine).clients ?? {}).map(wrap);
    },
  };
}

const asWebSocket = (client: Client): WebSocketLike => ({
  get readyState() {
    return client.readyState === 'closed' ? 3 : 1;
  },
  get _socket() {
    return client.transport.socket?._socket;
  },
  close: (code, reason) => {
    const { socket, writable } = client.transport;
    // A waiting poll is answered; without one, a close would wait for the next poll, which may never come.
    if (socket) socket.close(code, reason);
    else client.close(!writable && client.writeBuffer.length === 0);
  },
  terminate: () => client.close(true),
  once: (event, listener) => client.once(event, listener),
});
