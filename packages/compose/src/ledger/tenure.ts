import { linkSignals } from '@cutover/internal';
import type { JournalEntry } from '../domain/journal.ts';
import { withRetries } from '../run/retries.ts';
import type { LedgerContext } from './context.ts';
import { BEAT } from './heartbeat.ts';
import { createRecord, holderOf, type JournalRecord, readNotes, toggleBeat, type Writer } from './notes.ts';
import { refused } from './refusals.ts';

/** The time during which the last entry of the journal is our own. */
export interface Tenure {
  /** Writes the next entry; false when it is not the last one and ours then. */
  append(entry: JournalEntry): Promise<boolean>;
  /** Beats every {@link BEAT} ms until the end. */
  keepBeating(): void;
  /** Whether the last entry is still ours: as of the last beat if that is less than `age` ms old, otherwise as of now. */
  confirm(age: number): Promise<boolean>;
  /** Stops beating, and releases the lock if it is still ours. */
  end(): Promise<void>;
}

/** Begins with the first entry that is appended, under the number after `sequence`. */
export function tenureOf(context: LedgerContext, writer: Writer, sequence: number): Tenure {
  const { clock, project } = context;
  const stopping = linkSignals();
  let next = sequence + 1;
  let confirmed = clock.now();
  /** Whether the volume of the beat exists; unknown after a beat without an answer. */
  let beating: boolean | undefined;
  let lost = false;

  /** The last entry, if it is ours. */
  const look = async (): Promise<JournalRecord | undefined> => {
    const written = await readNotes(context);
    beating = written.beating;
    if (holderOf(written)?.token === writer.token) return written.records.at(-1);
    lost = true;
    return undefined;
  };

  const write = (entry: JournalEntry) =>
    createRecord(context, { sequence: next, entry, writer }).catch((error: unknown) => {
      throw hasAnswered(error) ? refused(project, error) : error;
    });

  /**
   * First the sign, then the look: a contender that has not taken the lock over by then waits for `STALE_AFTER` from the
   * sign on. To repeat a beat that took effect without an answer would change nothing, so its state is read first.
   */
  const beat = async (): Promise<void> => {
    if (beating === undefined) await look();
    const [begun, was] = [clock.now(), beating];
    beating = undefined;
    await toggleBeat(context, was === true);
    await look();
    confirmed = begun;
  };

  /** Within {@link BEAT} of a sign there is no other: two in a row could cancel out before anybody looks. */
  const confirm = async (age: number): Promise<boolean> => {
    const since = clock.now() - confirmed;
    if (!lost && since >= age) await (since < BEAT ? look() : beat());
    return !lost;
  };

  const beatOn = async (): Promise<void> => {
    while (!lost) {
      await clock.sleep(BEAT, stopping.signal);
      // An engine that does not answer leaves the last confirmation to grow old.
      await confirm(BEAT).catch(() => {});
    }
  };

  const append = async (entry: JournalEntry): Promise<boolean> => {
    while (!lost) {
      const last = await withRetries('engine', clock, () => write(entry).then(look));
      if (last?.sequence !== next) break;
      next++;
      if (JSON.stringify(last.entry) === JSON.stringify(entry)) return true;
      // The number belongs to an earlier entry of ours, written without an answer.
    }
    return false;
  };

  /** A step that was overtaken may write while its rollback begins: one entry after the other. */
  let appended: Promise<unknown> = Promise.resolve();

  return {
    append: (entry) => {
      const done = appended.then(() => append(entry));
      appended = done.catch(() => {});
      return done;
    },
    keepBeating: () => {
      beatOn().catch(() => {});
    },
    confirm: (age) => withRetries('engine', clock, () => confirm(age)),
    end: async () => {
      stopping.abort(new Error('stopped'));
      const last = lost ? undefined : await look();
      if (last)
        await createRecord(context, { sequence: last.sequence + 1, entry: { type: 'released' }, writer });
    },
  };
}

const hasAnswered = (error: unknown): boolean => (error as { statusCode?: number }).statusCode !== undefined;
