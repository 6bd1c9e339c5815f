import type { Duplex } from 'node:stream';
import type { Answer } from '../commands/command.ts';
import { HaproxyError } from '../errors.ts';
import { Splitter } from './splitter.ts';

/** How many lines may be under way at once; a longer pipeline gains nothing, an endless one deadlocks HAProxy. */
export const WINDOW = 200;

/** Lines that were asked together: one answer each, one promise for all. */
interface Batch {
  readonly lines: readonly string[];
  readonly answers: Answer[];
  /** How many lines are written. */
  written: number;
  readonly resolve: (answers: Answer[]) => void;
  readonly reject: (error: unknown) => void;
  cancelled: boolean;
}

export interface PromptOptions {
  /** Bytes that one answer may have. */
  readonly replyLimit: number;
  readonly onIdle: (idle: boolean) => void;
}

/**
 * A connection in HAProxy's prompt mode, where each answer ends with LF, `>`, space: one line a command, answers in
 * order. `prompt` is the only interactive mode that 2.6 to 3.5 share, and its tail survives 2.6's `del server`.
 */
export class PromptConnection {
  readonly #stream: Duplex;
  readonly #label: string;
  readonly #splitter: Splitter;
  readonly #onIdle: (idle: boolean) => void;
  /** In order of asking; the head is the one whose answers come next. */
  readonly #batches: Batch[] = [];
  #unanswered = 0;
  #flushing = false;
  #ended: { readonly found: string; readonly cause: unknown } | undefined;

  constructor(stream: Duplex, label: string, { replyLimit, onIdle }: PromptOptions) {
    this.#stream = stream;
    this.#label = label;
    this.#splitter = new Splitter(replyLimit);
    this.#onIdle = onIdle;
    stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    stream.on('error', (error) => this.end('the connection broke', error));
    stream.on('close', () => this.end('the connection was closed'));
    stream.on('end', () => this.end('HAProxy closed the connection'));
    stream.on('drain', () => this.#flush());
  }

  get usable(): boolean {
    return this.#ended === undefined;
  }

  /**
   * Sends lines and gives their answers. Aborting takes back what is not written and gives up on the rest. When the
   * connection ends, rejects with `lost` if a line was written, with `stale-worker` if none was.
   */
  send(lines: readonly string[], signal: AbortSignal): Promise<Answer[]> {
    return new Promise((resolve, reject) => {
      const done = () => signal.removeEventListener('abort', abort);
      const batch: Batch = {
        lines,
        answers: [],
        written: 0,
        cancelled: false,
        resolve: (answers) => {
          done();
          resolve(answers);
        },
        reject: (error) => {
          done();
          reject(error);
        },
      };
      const abort = () => {
        batch.cancelled = true;
        batch.reject(signal.reason);
      };
      if (this.#ended) return reject(this.#failure(batch));
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      if (this.#batches.length === 0) this.#onIdle(false);
      this.#batches.push(batch);
      this.#flushSoon();
    });
  }

  /** Ends the connection. */
  end(found: string, cause?: unknown): void {
    if (this.#ended) return;
    this.#ended = { found, cause };
    this.#stream.destroy();
    for (const batch of this.#batches.splice(0)) batch.reject(this.#failure(batch));
    this.#onIdle(true);
  }

  /** One write for all that is asked in the same turn. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#ended || this.#stream.writableNeedDrain) return;
    let text = '';
    for (const batch of this.#batches) {
      const room = WINDOW - this.#unanswered;
      if (room <= 0) break;
      const next = batch.cancelled ? [] : batch.lines.slice(batch.written, batch.written + room);
      for (const line of next) text += `${line}\n`;
      batch.written += next.length;
      this.#unanswered += next.length;
    }
    if (text) this.#stream.write(text);
    this.#dropAnswered();
  }

  #receive(chunk: Buffer): void {
    try {
      this.#splitter.push(chunk, (text) => this.#answer(text));
    } catch (error) {
      this.end(error instanceof Error ? error.message : String(error));
      return;
    }
    this.#flushSoon();
  }

  #answer(text: string): void {
    this.#dropAnswered();
    const [batch] = this.#batches;
    if (!batch || batch.answers.length === batch.written)
      throw new Error('an answer to nothing that was asked');
    this.#unanswered--;
    batch.answers.push(readAnswer(text));
    if (batch.answers.length === batch.lines.length) batch.resolve(batch.answers);
  }

  #dropAnswered(): void {
    const before = this.#batches.length;
    while (this.#batches[0] && isOver(this.#batches[0])) this.#batches.shift();
    if (before > 0 && this.#batches.length === 0) this.#onIdle(true);
  }

  #failure({ written }: Batch): HaproxyError {
    return new HaproxyError(
      written > 0 ? 'lost' : 'stale-worker',
      {
        doing: `talking to ${this.#label}`,
        found: this.#ended?.found ?? '',
        fix: written > 0 ? 'read the state before you repeat it' : undefined,
      },
      { cause: this.#ended?.cause },
    );
  }
}

/** Nothing more will be written of it, and nothing is owed. */
const isOver = ({ lines, written, answers, cancelled }: Batch): boolean =>
  answers.length === (cancelled ? written : lines.length);

/** Takes the line feed that ends a body, and the severity that stands before a message. */
export function readAnswer(text: string): Answer {
  const body = text.replace(/\n+$/, '');
  const [prefix, severity] = /^\[(\d)\]: /.exec(body) ?? [];
  return prefix ? { text: body.slice(prefix.length), severity: Number(severity) } : { text: body };
}
