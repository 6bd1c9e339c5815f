import type { ServerResponse } from 'node:http';
import type { Connection } from './connections.ts';

/** Whether something is under way: an answer that is not wholly with the kernel, a stream, what took the socket over. */
export const isBusy = ({ response, streams, upgrade }: Connection): boolean =>
  upgrade !== undefined ||
  (streams !== undefined && streams.size > 0) ||
  (response !== undefined && !isOver(response));

/** Ended is not over: what was ended may wait in the socket, or behind the answer before it. */
export const isOver = (response: ServerResponse): boolean => response.writableFinished || response.destroyed;

/** For people: `2 busy, 1 idle connections`. */
export function describe(connections: readonly Connection[]): string {
  const busy = connections.filter(isBusy).length;
  const streams = connections.reduce((sum, connection) => sum + (connection.streams?.size ?? 0), 0);
  const multiplexed = streams > 0 ? `, ${streams} HTTP/2 streams` : '';
  return `${busy} busy, ${connections.length - busy} idle connections${multiplexed}`;
}
