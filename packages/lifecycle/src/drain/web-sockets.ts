import type { Clock } from '@cutover/internal';

/** The part of a WebSocket that a shutdown needs; `ws` has it. */
export interface WebSocketLike {
  close(code: number, reason: string): void;
  terminate(): void;
  once(event: 'close', listener: () => void): unknown;
  readonly readyState: number;
}

/** A server that knows its sockets, as `WebSocketServer` of `ws` does. */
export interface WebSocketServerLike {
  readonly clients: Iterable<WebSocketLike>;
}

/** The WebSocket close code of a server that goes away. */
export const GOING_AWAY = 1001;
const CLOSED = 3;

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
      socket.close(GOING_AWAY, 'going away');
      if (index < sockets.length - 1) await clock.sleep(window / sockets.length, signal);
    }
    await Promise.all(gone);
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener('abort', terminate);
  }
}
