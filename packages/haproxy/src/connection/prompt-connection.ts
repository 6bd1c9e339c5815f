import type { Duplex } from 'node:stream';
import { type Answer, readAnswer } from '../commands/command.ts';
import { HaproxyError } from '../errors.ts';
import { Batch, type Limits } from './batch.ts';
import { Splitter } from './splitter.ts';

/** How many lines may be under way at once; a longer pipeline gains nothing, an endless one deadlocks HAProxy. */
export const WINDOW = 200;

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
  /** Batches with lines still to write, and batches that wait for answers, both in the order of the calls. */
  readonly #waiting: Batch[] = [];
  readonly #asked: Batch[] = [];
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

  /** Whether an answer is pending. */
  get busy(): boolean {
    return this.#waiting.length + this.#asked.length > 0;
  }

  /**
   * Sends lines and returns their answers. An abort removes the lines that are not written and ignores the other
   * answers. A limit that passes ends the connection, as its state is unknown then. When it ends, rejects with
   * `lost` if a line was written, with `stale-worker` if none was.
   */
  async send(lines: readonly string[], limits: Limits): Promise<Answer[]> {
    limits.signal?.throwIfAborted();
    if (this.#ended) throw this.#failure(0);
    const batch = new Batch(lines, limits, () => this.end('HAProxy did not answer in time'));
    if (!this.busy) this.#onIdle(false);
    this.#waiting.push(batch);
    this.#flushSoon();
    return batch.settled;
  }

  /** Ends the connection. */
  end(found: string, cause?: unknown): void {
    if (this.#ended) return;
    this.#ended = { found, cause };
    this.#stream.destroy();
    const all = new Set([...this.#asked.splice(0), ...this.#waiting.splice(0)]);
    for (const batch of all) batch.fail(this.#failure(batch.written));
    this.#onIdle(true);
  }

  /** Hands the stream to the caller, who must close it; this connection ends. */
  release(): Duplex {
    this.#ended = { found: 'it was given away', cause: undefined };
    for (const event of ['data', 'error', 'close', 'end', 'drain']) this.#stream.removeAllListeners(event);
    return this.#stream.pause();
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
    while (this.#waiting[0] && this.#unanswered < WINDOW) {
      const [batch] = this.#waiting as [Batch];
      const next = batch.take(WINDOW - this.#unanswered);
      for (const line of next) text += `${line}\n`;
      this.#unanswered += next.length;
      if (next.length > 0 && this.#asked.at(-1) !== batch) this.#asked.push(batch);
      if (batch.written === batch.lines.length || batch.cancelled) this.#waiting.shift();
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
    this.#dropAnswered();
    if (this.#waiting.length > 0) this.#flushSoon();
  }

  #answer(text: string): void {
    while (this.#asked[0]?.over) this.#asked.shift();
    const [batch] = this.#asked;
    if (!batch?.owed) throw new Error('an answer to nothing that was asked');
    this.#unanswered--;
    batch.answer(readAnswer(text));
  }

  #dropAnswered(): void {
    while (this.#asked[0]?.over) this.#asked.shift();
    if (!this.busy) this.#onIdle(true);
  }

  #failure(written: number): HaproxyError {
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
