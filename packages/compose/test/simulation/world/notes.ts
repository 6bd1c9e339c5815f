import type Docker from 'dockerode';
import type { JournalEntry } from '../../../src/domain/journal.ts';
import { CANARY } from '../layout.ts';
import type { Process } from '../process.ts';

/** A container that is never started: a lock, or an entry of the journal. */
export interface Note {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly entry: JournalEntry | undefined;
  /** The pid of who made it, where it is the lock. */
  readonly holder: number | undefined;
  beat: number;
  /** When it beat last, and the time before. */
  beaten: readonly [last: number, before: number];
}

/** Where the notes are kept: the part of the Docker API that the real ledger uses. */
export class NoteShelf {
  notes: readonly Note[] = [];
  #read: { notes: readonly Note[]; journal: readonly JournalEntry[] } = { notes: [], journal: [] };
  leaked: (where: string) => void = () => {};
  takenOver: (lock: Note & { holder: number }) => void = () => {};
  /** An entry comes from under a lock that somebody else has by now. */
  intruded: (entry: JournalEntry) => void = () => {};
  #ids = 0;

  create(name: string, labels: Readonly<Record<string, string>>): Note {
    if (this.notes.some((note) => note.name === name)) throw status(409, `the name ${name} is in use`);
    const entry = labels['dev.cutover.entry'];
    if (entry?.includes(CANARY)) this.leaked('the journal');
    const holder = labels['dev.cutover.holder'];
    const note: Note = {
      id: `note#${++this.#ids}`,
      name,
      labels,
      entry: entry === undefined ? undefined : JSON.parse(entry),
      holder: holder === undefined ? undefined : JSON.parse(holder).pid,
      beat: 0,
      beaten: [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
    };
    if (note.entry && this.#isIntruder(note)) this.intruded(note.entry);
    this.notes = [...this.notes, note];
    return note;
  }

  /**
   * The present holder has written its first entry, and this one is not of its lock. One whose number is older than the
   * latest intent says nothing of it: it comes again, late, where the entry that it repeats has been pruned.
   */
  #isIntruder(note: Note): boolean {
    const holder = this.lock?.labels['dev.cutover.holder'];
    if (holder === undefined) return false;
    const present: string = JSON.parse(holder).token;
    const begun = this.notes.some(({ entry, labels }) => entry && labels['dev.cutover.token'] === present);
    if (!begun || note.labels['dev.cutover.token'] === present) return false;
    const intents = this.notes.filter(({ entry }) => entry?.type === 'intent');
    return !intents.some((intent) => sequenceOf(intent) > sequenceOf(note));
  }

  find(id: string): Note {
    const note = this.notes.find((other) => other.id === id);
    if (!note) throw status(404, `no such container: ${id}`);
    return note;
  }

  remove(id: string, by: number): void {
    const note = this.find(id);
    if (isLock(note) && note.holder !== by) this.takenOver(note);
    this.notes = this.notes.filter((other) => other !== note);
  }

  beat(id: string, now: number): void {
    const note = this.find(id);
    note.beat++;
    note.beaten = [now, note.beaten[0]];
  }

  get lock(): Note | undefined {
    return this.notes.find(({ holder }) => holder !== undefined);
  }

  get journal(): readonly JournalEntry[] {
    // Asked after each event, and another only when there are other notes.
    if (this.#read.notes !== this.notes)
      this.#read = {
        notes: this.notes,
        journal: [...this.notes]
          .sort((a, b) => sequenceOf(a) - sequenceOf(b))
          .flatMap(({ entry }) => entry ?? []),
      };
    return this.#read.journal;
  }
}

const sequenceOf = ({ labels }: Note): number => Number(labels['dev.cutover.sequence'] ?? 0);

const isLock = (note: Note): note is Note & { holder: number } => note.holder !== undefined;

export const status = (statusCode: number, message: string): Error =>
  Object.assign(new Error(message), { statusCode });

/** The engine's API as the ledger of one process sees it; each request may go wrong like any other. */
export function dockerOf(process: Process, shelf: NoteShelf, guard: () => void, full: () => boolean): Docker {
  const ask = <T>(name: string, mutates: boolean, work: () => T): Promise<T> =>
    process.call({
      name,
      mutates,
      to: 'engine',
      serve: (answer, refuse) => {
        try {
          guard();
          answer(work());
        } catch (error) {
          refuse(error as Error);
        }
      },
    });
  const docker = {
    listContainers: ({ filters }: { filters: { label: string[] } }) =>
      ask('list notes', false, () => {
        const wanted = filters.label.map((filter) => filter.split('=') as [string, string | undefined]);
        return shelf.notes
          .filter(({ labels }) => wanted.every(([name, value]) => matches(labels[name], value)))
          .map(({ id, labels }) => ({ Id: id, Labels: labels }));
      }),
    createContainer: ({ name, Labels }: { name: string; Labels: Record<string, string> }) =>
      ask(`note ${name}`, true, () => {
        if (full()) throw status(500, 'no space left on device');
        return { id: shelf.create(name, Labels).id };
      }),
    getContainer: (id: string) => ({
      remove: () => ask(`remove ${id}`, true, () => shelf.remove(id, process.pid)),
      putArchive: () => ask(`beat ${id}`, false, () => shelf.beat(id, process.kernel.now)),
      infoArchive: () =>
        ask(`look at ${id}`, false, () => {
          const { beat } = shelf.find(id);
          if (beat === 0) throw status(404, 'no such file in the container');
          return { headers: { 'x-docker-container-path-stat': String(beat) } };
        }),
    }),
  };
  return docker as unknown as Docker;
}

const matches = (label: string | undefined, wanted: string | undefined): boolean =>
  wanted === undefined ? label !== undefined : label === wanted;
