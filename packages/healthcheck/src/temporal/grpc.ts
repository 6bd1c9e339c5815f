import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { held, type Settle } from '../checks/held.ts';
import { HealthcheckError, type HealthcheckErrorCode } from '../errors.ts';
import { decodeMessage, type Message } from './protobuf.ts';

/** A longer answer to our two questions is no answer. */
const ANSWER_LIMIT = 1024 * 1024;

/** gRPC's status codes that mean more than "an answer we did not want". */
const MEANINGS: Readonly<Record<number, HealthcheckErrorCode>> = {
  4: 'silent',
  5: 'not-ready', // not found: a namespace that is registered only after the server has started
  7: 'denied',
  8: 'not-ready', // resource exhausted
  14: 'not-ready', // unavailable
  16: 'denied',
};

export interface GrpcAddress {
  /** `http://host:port` or `https://host:port`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly ca?: string | undefined;
}

export type GrpcCall = (path: string, message: Buffer) => Promise<Message>;

/** Opens one HTTP/2 connection, lets `use` make calls on it, and closes it. */
export async function withGrpc<T>(
  { url, headers, ca }: GrpcAddress,
  signal: AbortSignal,
  use: (call: GrpcCall) => Promise<T>,
): Promise<T> {
  const { connect } = await import('node:http2');
  return await held<T>(signal, ({ resolve, reject }) => {
    const session = connect(url, { ...(ca && { ca }) });
    session.on('error', reject);
    session.on('close', () => reject(new Error('it closed the connection')));
    use((path, message) => unary(session, { path, message, headers })).then(resolve, reject);
    return () => session.destroy();
  });
}

function unary(
  session: ClientHttp2Session,
  { path, message, headers }: { path: string; message: Buffer; headers: GrpcAddress['headers'] },
): Promise<Message> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ...headers,
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    readAnswer(stream, path, { resolve, reject });
    stream.end(frame(message));
  });
}

function readAnswer(stream: ClientHttp2Stream, path: string, { resolve, reject }: Settle<Message>): void {
  const doing = `calling ${path}`;
  const chunks: Buffer[] = [];
  let length = 0;
  let head: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders = {};
  stream.on('response', (headers) => {
    head = headers;
  });
  stream.on('trailers', (headers) => {
    trailers = headers;
  });
  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length > ANSWER_LIMIT)
      reject(new HealthcheckError('bad-answer', { doing, found: 'too long an answer' }));
  });
  stream.on('error', reject);
  stream.on('end', () => {
    try {
      refuseStatus(doing, { ...head, ...trailers });
      resolve(decodeMessage(unframe(Buffer.concat(chunks))));
    } catch (error) {
      reject(error);
    }
  });
}

function refuseStatus(doing: string, headers: IncomingHttpHeaders): void {
  if (Number(headers[':status']) !== 200) {
    throw new HealthcheckError('bad-answer', {
      doing,
      found: `HTTP status ${headers[':status'] ?? 'missing'}`,
    });
  }
  const status = headers['grpc-status'] === undefined ? Number.NaN : Number(headers['grpc-status']);
  if (status === 0) return;
  const said = String(headers['grpc-message'] ?? '').slice(0, 200);
  throw new HealthcheckError(
    MEANINGS[status] ?? 'bad-answer',
    { doing, found: `gRPC status ${Number.isNaN(status) ? 'missing' : status}${said ? `, ${said}` : ''}` },
    { facts: { status } },
  );
}

/** One message: a byte that says "not compressed", its length, itself. */
function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function unframe(bytes: Buffer): Buffer {
  if (bytes.length < 5 || bytes.readUInt8(0) !== 0 || bytes.readUInt32BE(1) !== bytes.length - 5) {
    throw new Error('an answer that is no gRPC message');
  }
  return bytes.subarray(5);
}
