import { linkSignals } from '@cutover/internal';
import type { JournalEntry } from '../domain/journal.ts';
import { withRetries } from '../run/retries.ts';
import type { LedgerContext } from './context.ts';
import { BEAT } from './heartbeat.ts';
import { createRecord, holderOf, type JournalRecord, readNotes, toggleBeat, type Writer } from './notes.ts';
import { refused } from './refusals.ts';

/** The time in which the last entry is our own. */
export interface Tenure {
  /** Writes the entry; false when another process has written since, whether ours is there or not. */
  append(entry: JournalEntry): Promise<boolean>;
  /** Beats every {@link BEAT} ms until the end. */
  keepBeating(): void;
  /** Whether the lock is ours still, as of `age` ms ago at most. */
  confirm(age: number): Promise<boolean>;
  /** Stops beating, and gives the lock back if it is ours still. */
  end(): Promise<void>;
}

/** Begins with the first entry that is appended, as the next after number `sequence`. */
export function tenureOf(context: LedgerContext, writer: Writer, sequence: number): Tenure {
  const { clock, project } = context;
  const stopping = linkSignals();
  let next = sequence + 1;
  let confirmed = clock.now();
  let beating = false;
  let lost = false;

  /** The last entry if it is ours: then nobody had taken the lock over when the engine answered. */
  const look = async (): Promise<JournalRecord | undefined> => {
    const written = await readNotes(context);
    beating = written.beating;
    if (holderOf(written)?.token === writer.token) return written.records.at(-1);
    lost = true;
    return undefined;
  };

  /** First the sign of life, then the look: who judges by the sign leaves us alone from then on. */
  const showAndLook = async (show: () => Promise<void>): Promise<JournalRecord | undefined> => {
    const begun = clock.now();
    await show();
    const last = await look();
    confirmed = begun;
    return last;
  };

  const write = (entry: JournalEntry) =>
    createRecord(context, { sequence: next, entry, writer }).catch((error: unknown) => {
      throw hasAnswered(error) ? refused(project, error) : error;
    });

  const beat = () => showAndLook(() => toggleBeat(context, beating));

  const beatOn = async (): Promise<void> => {
    while (!lost) {
      await clock.sleep(BEAT, stopping.signal);
      // An engine that does not answer leaves the last confirmation to grow old.
      await beat().catch(() => {});
    }
  };

  return {
    append: async (entry) => {
      while (!lost) {
        const last = await withRetries('engine', clock, () => showAndLook(() => write(entry)));
        if (!last) break;
        next = last.sequence + 1;
        if (JSON.stringify(last.entry) === JSON.stringify(entry)) return true;
        // The number has an entry that we gave up as not written.
      }
      return false;
    },
    keepBeating: () => {
      beatOn().catch(() => {});
    },
    confirm: async (age) => {
      if (!lost && clock.now() - confirmed >= age) await withRetries('engine', clock, beat);
      return !lost;
    },
    end: async () => {
      stopping.abort(new Error('stopped'));
      const last = lost ? undefined : await look();
      if (last)
        await createRecord(context, { sequence: last.sequence + 1, entry: { type: 'released' }, writer });
    },
  };
}

const hasAnswered = (error: unknown): boolean => (error as { statusCode?: number }).statusCode !== undefined;
