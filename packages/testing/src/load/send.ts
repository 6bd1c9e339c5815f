import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { MeterOptions, RequestKind } from './load-options.ts';
import { type Failure, failureOf, type Outcome } from './outcome.ts';

/** Sends one request and returns its result. Never retries, never rejects. */
export type Send = (kind: RequestKind, id: string, intended: number) => Promise<Outcome>;

const filled = (text: string, id: string): string => text.replaceAll('{id}', id);

/** Sends over one pool of kept connections; `close` ends them. */
export function createSender(options: MeterOptions): { send: Send; close: () => void } {
  // First in, first out keeps every pooled connection in use, so that a switch meets all of them.
  const pool = new Agent({ keepAlive: true, scheduling: 'fifo', maxFreeSockets: 64 });
  const base = new URL(options.target);
  const send: Send = (kind, id, intended) =>
    new Promise((resolve) => {
      const { method = 'GET', connection = 'keep-alive', slow = false } = kind;
      const url = new URL(filled(kind.path, id), base);
      const body = kind.body === undefined ? undefined : filled(kind.body, id);
      const agent = connection === 'fresh' ? false : pool;
      const outgoing = request(url, { method, agent, headers: headersOf(id, body) });
      const timer = setTimeout(
        () => outgoing.destroy(Object.assign(new Error('late'), { code: 'ETIMEDOUT' })),
        Math.max(0, options.timeout - (performance.now() - intended)),
      );
      let settled = false;
      const settle = (response: Omit<Outcome, 'kind' | 'slow' | 'reused' | 'latency'>): void => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        const latency = performance.now() - intended;
        resolve({ ...response, kind: kind.name, slow, reused: outgoing.reusedSocket, latency });
      };
      listen(outgoing, { options, includes: kind.includes && filled(kind.includes, id) }, settle);
      outgoing.end(body);
    });
  return { send, close: () => pool.destroy() };
}

const headersOf = (id: string, body: string | undefined): Record<string, string> => ({
  'x-request-id': id,
  ...(body !== undefined && {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
  }),
});

type Settle = (response: Pick<Outcome, 'status' | 'version' | 'failure' | 'detail'>) => void;

interface Wanted {
  options: MeterOptions;
  includes: string | undefined;
}

function listen(outgoing: ClientRequest, wanted: Wanted, settle: Settle): void {
  outgoing.on('error', (error: NodeJS.ErrnoException) => {
    settle({ status: 0, version: 'none', failure: failureOf(error), detail: error.code ?? error.message });
  });
  outgoing.on('response', (response) => {
    const chunks: Buffer[] = [];
    const status = response.statusCode ?? 0;
    const version = String(response.headers[wanted.options.versionHeader] ?? 'unknown');
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    // An answer that is cut emits 'error' or only 'close'; one that is whole emits 'end' first.
    response.on('error', (error: NodeJS.ErrnoException) => {
      const failure = error.code === 'ETIMEDOUT' ? 'timeout' : 'incomplete';
      settle({ status, version, failure, detail: error.code ?? error.message });
    });
    response.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      settle({ status, version, ...judge(response, body, wanted.includes) });
    });
    response.on('close', () => settle({ status, version, failure: 'incomplete' }));
  });
}

function judge(
  response: IncomingMessage,
  body: string,
  includes: string | undefined,
): { failure?: Failure; detail?: string } {
  const status = response.statusCode ?? 0;
  if (!response.complete) return { failure: 'incomplete' };
  if (status < 200 || status > 299) return { failure: 'bad-status', detail: String(status) };
  if (includes && !body.includes(includes)) return { failure: 'wrong-body', detail: body.slice(0, 80) };
  return {};
}
