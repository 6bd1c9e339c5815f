import type { ServerResponse } from 'node:http';
import type { Connection } from './connections.ts';

/** Whether the socket is in use: an answer that is not completely in the kernel, a stream, an upgrade or tunnel. */
export const isBusy = ({ response, streams, upgrade }: Connection): boolean =>
  upgrade !== undefined ||
  (streams !== undefined && streams.size > 0) ||
  (response !== undefined && !isOver(response));

/** An ended answer may still wait in the socket, or behind the previous answer. */
export const isOver = (response: ServerResponse): boolean => response.writableFinished || response.destroyed;

/** For people: `2 busy, 1 idle connections`. */
export function describe(connections: readonly Connection[]): string {
  const busy = connections.filter(isBusy).length;
  const streams = connections.reduce((sum, connection) => sum + (connection.streams?.size ?? 0), 0);
  const multiplexed = streams > 0 ? `, ${streams} HTTP/2 streams` : '';
  return `${busy} busy, ${connections.length - busy} idle connections${multiplexed}`;
}
