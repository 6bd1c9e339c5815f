import type { Duplex } from 'node:stream';
import { type Answer, type Command, readAnswer } from '../commands/command.ts';
import { HaproxyError } from '../errors.ts';

export interface AskOnceOptions {
  readonly label: string;
  /** Bytes that the answer may have. */
  readonly replyLimit: number;
  readonly signal: AbortSignal;
  /** Tells an answer that the connection does not end after, by one piece of it. */
  readonly isWhole?: (chunk: string) => boolean;
  /** Written after the command: the master process closes only when it is told to. */
  readonly after?: string;
}

/**
 * One command on a separate connection. HAProxy closes after the answer, so the end of the stream is the end of the
 * answer; the empty line before it proves that nothing was cut. The writing side is never half-closed: that ends
 * `wait`.
 */
export function askOnce(
  stream: Duplex,
  { line, changes, unframed, payload, bytes }: Command<unknown>,
  { label, replyLimit, signal, isWhole, after = '' }: AskOnceOptions,
): Promise<Answer> {
  return new Promise<Answer>((resolve, reject) => {
    const encoding = bytes ? 'latin1' : 'utf8';
    const chunks: Buffer[] = [];
    let size = 0;
    let settled = false;
    const settle = (end: () => void) => {
      // Destroying the stream also emits close; that close must not create an error.
      if (settled) return;
      settled = true;
      signal.removeEventListener('abort', abort);
      stream.destroy();
      end();
    };
    const abort = () => settle(() => reject(signal.reason));
    const cut = (found: string, cause?: unknown) =>
      settle(() => reject(cutOff({ line, changes, label }, found, cause)));
    const finish = () => {
      const text = Buffer.concat(chunks).toString(encoding);
      if (unframed || text === '\n' || text.endsWith('\n\n')) settle(() => resolve(readAnswer(text)));
      else cut(`the connection ended in the middle of the answer, after ${size} bytes`);
    };
    signal.addEventListener('abort', abort, { once: true });
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (isWhole?.(chunk.toString())) finish();
      if (size > replyLimit) cut(`an answer of more than ${replyLimit} bytes`);
    });
    stream.once('end', finish);
    stream.once('error', (error) => cut('the connection broke', error));
    stream.once('close', () => cut('the connection was closed before the answer was complete'));
    if (signal.aborted) abort();
    else {
      const asked = payload === undefined ? line : `${line} <<\n${payload}\n`;
      stream.write(`${asked}\n${after}`, encoding);
    }
  });
}

/** A change whose answer is missing may have happened; a dump whose end is missing is invalid. */
const cutOff = (
  { line, changes, label }: { line: string; changes: boolean; label: string },
  found: string,
  cause: unknown,
) =>
  new HaproxyError(
    changes ? 'lost' : 'truncated',
    {
      doing: `"${line}" at ${label}`,
      found,
      fix: changes ? 'read the state before you repeat it' : undefined,
    },
    { cause },
  );
