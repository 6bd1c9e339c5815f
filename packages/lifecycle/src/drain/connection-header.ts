import type { ServerResponse } from 'node:http';
import { isOver } from './busy.ts';
import type { Connection } from './connections.ts';

// The largest stream id there is: "I will close soon, finish what you have begun".
const ANY_STREAM = 2 ** 31 - 1;

/** Tells the client of a connection, by the rules of its protocol, that it will be closed. */
export function tellToClose({ response, session }: Connection): void {
  if (session && !session.destroyed) session.goaway(0, ANY_STREAM);
  if (response && isUnsaid(response)) response.setHeader('Connection', 'close');
}

/** For a pipelining client: closing with this answer would lose the next request. */
export function tellToStay(response: ServerResponse): void {
  if (isUnsaid(response)) response.setHeader('Connection', 'keep-alive');
}

const isUnsaid = (response: ServerResponse): boolean => !response.headersSent && !isOver(response);
