import type { Clock } from '@cutover/internal';
import type { Connection } from './connections.ts';

/** The part of a WebSocket that a shutdown needs; `ws` has it. */
export interface WebSocketLike {
  close(code: number, reason: string): void;
  terminate(): void;
  once(event: 'close', listener: () => void): unknown;
  readonly readyState: number;
  /** The socket below, as `ws` has it; a client whose socket is not known may be told twice, which does no harm. */
  readonly _socket?: unknown;
}

/** A server that knows its sockets, as `WebSocketServer` of `ws` does. */
export interface WebSocketServerLike {
  readonly clients: Iterable<WebSocketLike>;
}

/** The WebSocket close code of a server that goes away. */
export const GOING_AWAY = 1001;
const REASON = 'going away';
const OPEN = 1;
const CLOSED = 3;

/** The close frame of a server, which is never masked: FIN and opcode 8, length, code, reason. */
const CLOSE_FRAME = Buffer.from([
  0x88,
  2 + REASON.length,
  GOING_AWAY >> 8,
  GOING_AWAY & 0xff,
  ...Buffer.from(REASON),
]);

/** The WebSockets that are already closed, and their sockets. */
const told = new WeakSet<object>();

/**
 * Closes every WebSocket with 1001, spread evenly over `window` milliseconds so that clients do not reconnect all at
 * once, and waits until they are gone; those that are not when `signal` aborts are terminated.
 */
export async function closeWebSockets(
  server: WebSocketServerLike,
  { window, clock, signal }: { window: number; clock: Clock; signal: AbortSignal },
): Promise<void> {
  const sockets = [...server.clients].filter(({ readyState }) => readyState !== CLOSED);
  const gone = sockets.map((socket) => new Promise<void>((resolve) => void socket.once('close', resolve)));
  const terminate = () => {
    for (const socket of sockets) socket.terminate();
  };
  signal.addEventListener('abort', terminate, { once: true });
  try {
    for (const [index, socket] of sockets.entries()) {
      close(socket);
      if (index < sockets.length - 1) await clock.sleep(window / sockets.length, signal);
    }
    await Promise.all(gone);
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener('abort', terminate);
  }
}

/** The WebSockets opened since. */
export function closeLateWebSockets(server: WebSocketServerLike): void {
  for (const socket of server.clients) {
    if (socket.readyState === OPEN && !told.has(socket)) close(socket);
  }
}

function close(webSocket: WebSocketLike): void {
  told.add(webSocket);
  if (webSocket._socket instanceof Object) told.add(webSocket._socket);
  webSocket.close(GOING_AWAY, REASON);
}

/**
 * Ends an upgraded connection, once. A WebSocket gets the close frame directly on its socket; its library then finishes
 * the handshake. One whose upgrade is not answered yet is left for the next call.
 */
export function endUpgraded({ socket, upgrade }: Connection): void {
  if (!upgrade || told.has(socket) || !socket.writable) return;
  if (upgrade.webSocket && socket.bytesWritten === upgrade.written) return;
  told.add(socket);
  if (upgrade.webSocket) socket.write(CLOSE_FRAME);
  else socket.end();
}
