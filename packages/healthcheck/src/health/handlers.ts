import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AnswerQuestion, type HealthAnswer, NOT_FOUND } from './endpoints.ts';

/** A request listener of node:http; with `next` also a middleware of connect and express. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse, next?: () => void) => void;

/** Answers the health paths; other paths go to `next`, or get a 404 without `next`. */
export const nodeHandler =
  (ask: AnswerQuestion, isPrivate: boolean): NodeHandler =>
  (request, response, next) => {
    const found = ask({
      method: request.method ?? '',
      url: request.url ?? '',
      authorization: request.headers.authorization,
      isPrivate,
    });
    if (!found && next) return next();
    if (found instanceof Promise) void found.then((answer) => send(request, response, answer));
    else send(request, response, found ?? NOT_FOUND);
  };

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: HealthAnswer,
): void {
  if (response.destroyed || response.headersSent) return;
  // A body is never read: the connection ends with the answer instead.
  if (hasBody(request)) response.setHeader('connection', 'close');
  response.writeHead(status, headers);
  // Node leaves the body out of an answer to HEAD.
  response.end(body);
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** The same for frameworks with the web's Request and Response: hono, Deno, Bun, edge runtimes. */
export const fetchHandler =
  (ask: AnswerQuestion, isPrivate: boolean) =>
  async (request: Request): Promise<Response> => {
    const { status, headers, body } =
      (await ask({
        method: request.method,
        url: new URL(request.url).pathname,
        authorization: request.headers.get('authorization') ?? undefined,
        isPrivate,
      })) ?? NOT_FOUND;
    return new Response(request.method === 'HEAD' || body === '' ? null : body, { status, headers });
  };
