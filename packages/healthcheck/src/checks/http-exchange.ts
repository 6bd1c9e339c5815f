import type { IncomingMessage, RequestOptions } from 'node:http';
import { HealthcheckError } from '../errors.ts';
import { type Settle, withResource } from './with-resource.ts';

const REDIRECTS = 5;

/** One request: how it is sent and how its answer is read. */
export interface HttpRequest {
  readonly method?: 'GET' | 'HEAD' | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly host?: string | undefined;
  readonly socketPath?: string | undefined;
  readonly ca?: string | undefined;
  readonly redirect: 'fail' | 'follow';
  readonly bodyLimit: number;
  /** Begins each error. */
  readonly doing: string;
}

export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: string;
  /** The body was longer than the limit. */
  cut: boolean;
}

/** Sends the request and follows allowed redirects. */
export async function ask(url: URL, sent: HttpRequest, signal: AbortSignal, redirects = 0): Promise<Answer> {
  const answer = await exchange(url, sent, signal);
  const { location } = answer.headers;
  if (sent.redirect === 'fail' || answer.status < 300 || answer.status > 399 || !location) return answer;
  const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
  if (!next || next.origin !== url.origin) throw badAnswer(sent, 'a redirect that leaves the origin');
  if (redirects === REDIRECTS) throw badAnswer(sent, `more than ${REDIRECTS} redirects`);
  return ask(next, sent, signal, redirects + 1);
}

async function exchange(url: URL, sent: HttpRequest, signal: AbortSignal): Promise<Answer> {
  // Loaded at the first run: a HEALTHCHECK command that checks only PM2 should not load HTTP.
  const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  return await withResource<Answer>(signal, ({ resolve, reject }) => {
    const outgoing = request(url, requestOptions(sent));
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => readAnswer(incoming, sent.bodyLimit, { resolve, reject }));
    outgoing.end();
    return () => outgoing.destroy();
  });
}

const requestOptions = ({ method = 'GET', headers, host, socketPath, ca }: HttpRequest): RequestOptions => ({
  method,
  headers: { 'user-agent': 'cutover-healthcheck', ...headers, ...(host && { host }), connection: 'close' },
  agent: false,
  ...(socketPath && { socketPath }),
  ...(ca && { ca }),
});

function readAnswer(incoming: IncomingMessage, limit: number, { resolve, reject }: Settle<Answer>): void {
  const chunks: Buffer[] = [];
  let length = 0;
  const finish = () => {
    const body = Buffer.concat(chunks).toString('utf8', 0, limit);
    resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body, cut: length > limit });
  };
  incoming.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) finish();
  });
  incoming.on('error', reject);
  incoming.on('end', finish);
}

export const badAnswer = (
  { doing }: Pick<HttpRequest, 'doing'>,
  found: string,
  wanted?: string,
  facts: Readonly<Record<string, unknown>> = {},
): HealthcheckError => new HealthcheckError('bad-answer', { doing, found, wanted }, { facts });
