import type { IncomingMessage, ServerResponse } from 'node:http';
import { config, identity } from '../config.ts';

/** What a handler gets: the request, taken apart. */
export interface Call {
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  /** The body, read and parsed as JSON; at most 64 KiB. */
  json(): Promise<unknown>;
}

/** An error answer, with the message for the client. */
export class HttpProblem extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export type Handler = (call: Call) => Promise<object>;

const BODY_LIMIT = 64 * 1024;

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > BODY_LIMIT) throw new HttpProblem(413, 'the body is larger than 64 KiB');
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpProblem(400, 'the body is not JSON');
  }
}

/** Runs the handler of `METHOD /path`. Every answer says who gave it. */
export async function answer(
  routes: Readonly<Record<string, Handler>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://shop');
  const requestId = String(request.headers['x-request-id'] ?? '');
  const { status, body } = await outcome(routes[`${request.method} ${url.pathname}`], {
    url,
    headers: request.headers,
    json: () => readJson(request),
  });
  response.writeHead(status, { 'content-type': 'application/json', ...identity });
  response.end(JSON.stringify({ requestId, version: config.version, slot: config.slot, ...body }));
}

let calls = 0;

async function outcome(handler: Handler | undefined, call: Call): Promise<{ status: number; body: object }> {
  if (!handler) return { status: 404, body: { problem: 'no such page' } };
  try {
    if (config.fault === 'fails-some' && ++calls % 10 === 0)
      throw new Error('this image was built with FAULT=fails-some');
    return { status: 200, body: await handler(call) };
  } catch (error) {
    if (error instanceof HttpProblem) return { status: error.status, body: { problem: error.message } };
    console.error(error);
    return { status: 500, body: { problem: 'something went wrong here' } };
  }
}
