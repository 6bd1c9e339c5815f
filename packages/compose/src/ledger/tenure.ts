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
  const lastIn = (written: Written): JournalRecord | undefined => {
    beating = written.beating;
    if (holderOf(written)?.token === writer.token) return written.records.at(-1);
    lost = true;
    return undefined;
  };

  const look = async () => lastIn(await readNotes(context));

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
    if (was !== true && !beating && !lost) await replaceBeat();
    confirmed = begun;
  };

  /** One that an engine left without labels when it was killed is no sign, and in the way of the next. */
  const replaceBeat = async (): Promise<void> => {
    await toggleBeat(context, true);
    await toggleBeat(context, false);
    await look();
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
      const written = await withRetries('engine', clock, () => write(entry).then(() => readNotes(context)));
      const isMissing = (written.records.at(-1)?.sequence ?? 0) < next;
      if (isMissing && (await withRetries('engine', clock, () => isSpoilt(context, next)))) {
        next++;
        continue;
      }
      const last = lastIn(written);
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
      if (!last) return;
      let { sequence } = last;
      do await createRecord(context, { sequence: ++sequence, entry: { type: 'released' }, writer });
      while (await isSpoilt(context, sequence));
    },
  };
}

const hasAnswered = (error: unknown): boolean => (error as { statusCode?: number }).statusCode !== undefined;
