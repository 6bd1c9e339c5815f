import type { ServerResponse } from 'node:http';
import { isOver } from './busy.ts';
import type { Connection } from './connections.ts';

// The largest stream id there is: "I will close soon, finish what you have begun".
const ANY_STREAM = 2 ** 31 - 1;

/** Says to the client of a connection, as its protocol has it, that it will be closed. */
export function tellToClose({ response, session }: Connection): void {
  if (session && !session.destroyed) session.goaway(0, ANY_STREAM);
  if (response && isUnsaid(response)) response.setHeader('Connection', 'close');
}

/** Of a client that pipelines: to close with this answer would lose the request that has come behind it. */
export function tellToStay(response: ServerResponse): void {
  if (isUnsaid(response)) response.setHeader('Connection', 'keep-alive');
}

const isUnsaid = (response: ServerResponse): boolean => !response.headersSent && !isOver(response);
