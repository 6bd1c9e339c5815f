import { linkSignals } from '@cutover/internal';
import type { JournalEntry } from '../domain/journal.ts';
import { withRetries } from '../run/retries.ts';
import type { LedgerContext } from './context.ts';
import { BEAT } from './heartbeat.ts';
import {
  createRecord,
  holderOf,
  isSpoilt,
  type JournalRecord,
  readNotes,
  toggleBeat,
  type Writer,
  type Written,
} from './notes.ts';
import { refused } from './refusals.ts';

/** The time during which the last entry of the journal is our own. Begins with the first entry that is appended. */
export class Tenure {
  readonly #context: LedgerContext;
  readonly #writer: Writer;
  readonly #stopping = linkSignals();
  #next: number;
  #confirmed: number;
  /** Whether the volume of the beat exists; unknown after a beat without an answer. */
  #beating: boolean | undefined;
  #lost = false;
  /** A step that was overtaken may write while its rollback begins: one entry after the other. */
  #appended: Promise<unknown> = Promise.resolve();

  /** Its first entry gets the number after `sequence`. */
  constructor(context: LedgerContext, writer: Writer, sequence: number) {
    this.#context = context;
    this.#writer = writer;
    this.#next = sequence + 1;
    this.#confirmed = context.clock.now();
  }

  /** Writes the next entry; false when it is not the last one and ours then. */
  append(entry: JournalEntry): Promise<boolean> {
    const done = this.#appended.then(() => this.#append(entry));
    this.#appended = done.catch(() => {});
    return done;
  }

  /** Beats every {@link BEAT} ms until the end. */
  keepBeating(): void {
    this.#beatOn().catch(() => {});
  }

  /** Whether the last entry is still ours: as of the last beat if that is less than `age` ms old, otherwise as of now. */
  confirm(age: number): Promise<boolean> {
    return this.#patiently(() => this.#confirm(age));
  }

  /** Stops beating, and releases the lock if it is still ours. */
  async end(): Promise<void> {
    this.#stopping.abort(new Error('stopped'));
    const last = this.#lost ? undefined : await this.#look();
    if (!last) return;
    let { sequence } = last;
    do await this.#create(++sequence, { type: 'released' });
    while (await isSpoilt(this.#context, sequence));
  }

  async #append(entry: JournalEntry): Promise<boolean> {
    while (!this.#lost) {
      const written = await this.#patiently(() => this.#write(entry));
      const isMissing = (written.records.at(-1)?.sequence ?? 0) < this.#next;
      if (isMissing && (await this.#patiently(() => isSpoilt(this.#context, this.#next)))) {
        this.#next++;
        continue;
      }
      const last = this.#lastIn(written);
      if (last?.sequence !== this.#next) break;
      this.#next++;
      if (JSON.stringify(last.entry) === JSON.stringify(entry)) return true;
      // The number belongs to an earlier entry of ours, written without an answer.
    }
    return false;
  }

  async #write(entry: JournalEntry): Promise<Written> {
    await this.#create(this.#next, entry).catch((error: unknown) => {
      throw hasAnswered(error) ? refused(this.#context.project, error) : error;
    });
    return readNotes(this.#context);
  }

  #create(sequence: number, entry: JournalEntry): Promise<void> {
    return createRecord(this.#context, { sequence, entry, writer: this.#writer });
  }

  async #beatOn(): Promise<void> {
    while (!this.#lost) {
      await this.#context.clock.sleep(BEAT, this.#stopping.signal);
      // An engine that does not answer leaves the last confirmation to grow old.
      await this.#confirm(BEAT).catch(() => {});
    }
  }

  /** Within {@link BEAT} of a sign there is no other: two in a row could cancel out before anybody looks. */
  async #confirm(age: number): Promise<boolean> {
    const since = this.#context.clock.now() - this.#confirmed;
    if (!this.#lost && since >= age) await (since < BEAT ? this.#look() : this.#beat());
    return !this.#lost;
  }

  /**
   * First the sign, then the look: a contender that has not taken the lock over by then waits for `STALE_AFTER` from the
   * sign on. To repeat a beat that took effect without an answer would change nothing, so its state is read first.
   */
  async #beat(): Promise<void> {
    if (this.#beating === undefined) await this.#look();
    const [begun, was] = [this.#context.clock.now(), this.#beating];
    this.#beating = undefined;
    await toggleBeat(this.#context, was === true);
    await this.#look();
    if (was !== true && !this.#beating && !this.#lost) await this.#replaceBeat();
    this.#confirmed = begun;
  }

  /** One that an engine left without labels when it was killed is no sign, and in the way of the next. */
  async #replaceBeat(): Promise<void> {
    await toggleBeat(this.#context, true);
    await toggleBeat(this.#context, false);
    await this.#look();
  }

  async #look(): Promise<JournalRecord | undefined> {
    return this.#lastIn(await readNotes(this.#context));
  }

  /** The last entry, if it is ours. */
  #lastIn(written: Written): JournalRecord | undefined {
    this.#beating = written.beating;
    if (holderOf(written)?.token === this.#writer.token) return written.records.at(-1);
    this.#lost = true;
    return undefined;
  }

  #patiently<T>(work: () => Promise<T>): Promise<T> {
    return withRetries('engine', this.#context.clock, work);
  }
}

const hasAnswered = (error: unknown): boolean => (error as { statusCode?: number }).statusCode !== undefined;
