import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { messageOf } from '@cutover/internal';
import { isOver } from './busy.ts';
import type { Connection } from './connections.ts';

/** What a drain does with an open event stream: let it `finish` within the drain's time, or `close` it before. */
export type StreamPolicy = 'finish' | 'close';

/** The request that an event stream answers. */
export interface StreamedRequest {
  readonly method: string;
  /** As it came: a path with its query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

export type Streams = StreamPolicy | ((request: StreamedRequest) => StreamPolicy);

type Answer = ServerResponse | ServerHttp2Stream;

/**
 * Content types whose client accepts an end at any point: it reconnects, or has seen the last picture. An export of
 * lines (NDJSON) is not one of them: the client would take a shortened export for complete.
 */
const TYPES = /^(?:text\/event-stream|multipart\/x-mixed-replace)(?:;|\s*$)/i;

/** The answers of one server that may not end by themselves, and what is done with them. */
export class EventStreams {
  readonly #policy: Streams;
  readonly #faults = new Set<string>();
  #unfinished = 0;

  constructor(policy: Streams) {
    this.#policy = policy;
  }

  /** Ends the streams with policy `close`. */
  close(connection: Connection): void {
    for (const [answer, request] of openStreams(connection)) {
      if (this.#policyOf(request) === 'close') end(answer, connection);
    }
  }

  /** Ends the remaining streams cleanly; those with policy `finish` are counted. */
  endAll(connection: Connection): void {
    for (const [answer, request] of openStreams(connection)) {
      if (this.#policyOf(request) === 'finish') this.#unfinished++;
      end(answer, connection);
    }
  }

  /** Why the drain was not clean, or an empty text. */
  get complaint(): string {
    const ended =
      this.#unfinished > 0
        ? [`event streams ended before they had finished: ${this.#unfinished} (see the option streams)`]
        : [];
    return [...ended, ...this.#faults].join('; ');
  }

  #policyOf(request: StreamedRequest): StreamPolicy {
    if (typeof this.#policy !== 'function') return this.#policy;
    try {
      const policy = this.#policy(request);
      if (policy === 'finish' || policy === 'close') return policy;
      this.#faults.add(`option streams returned ${typeof policy}; wanted finish or close`);
    } catch (error) {
      this.#faults.add(`option streams threw: ${messageOf(error)}`);
    }
    return 'finish';
  }
}

function* openStreams({ response, streams = new Map() }: Connection): Generator<[Answer, StreamedRequest]> {
  for (const [stream, headers] of streams) {
    if (stream.writable && TYPES.test(String(stream.sentHeaders?.['content-type']))) {
      yield [stream, { method: String(headers[':method']), url: String(headers[':path']), headers }];
    }
  }
  if (response && !response.writableEnded && !isOver(response) && TYPES.test(contentTypeOf(response))) {
    const { method = 'GET', url = '/', headers } = response.req;
    yield [response, { method, url, headers }];
  }
}

/** From the head as sent: headers given to `writeHead` are nowhere else. */
const contentTypeOf = (response: ServerResponse & { _header?: string | null }): string =>
  /^content-type: *(.*)$/im.exec(response._header ?? '')?.[1] ?? '';

/** Drops later writes of the handler, since their error would end the process. */
function end(answer: Answer, { socket, session }: Connection): void {
  answer.end();
  answer.on('error', () => {});
  Object.assign(answer, { write: () => false, end: () => answer });
  if (!session) answer.once('close', () => socket.destroySoon());
}
