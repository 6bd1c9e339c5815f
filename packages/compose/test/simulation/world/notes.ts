import type Docker from 'dockerode';
import type { JournalEntry } from '../../../src/domain/journal.ts';
import { CANARY } from '../layout.ts';
import type { Process } from '../process.ts';

type Labels = Readonly<Record<string, string>>;

/** A named volume: an entry of the journal, or the beat. */
interface Note {
  readonly name: string;
  readonly labels: Labels;
  readonly createdAt: string;
}

interface Entry {
  readonly sequence: number;
  readonly entry: JournalEntry;
  readonly writer: { readonly pid: number; readonly token: string };
}

/** A lock as its entries and beats show it. */
export interface SimLock {
  readonly holder: number;
  readonly token: string;
  /** When it beat last, and the time before. */
  readonly beaten: readonly [last: number, before: number];
}

const NEVER = Number.NEGATIVE_INFINITY;

/** Where the notes are kept: the part of the Docker API that the real ledger uses. */
export class NoteShelf {
  notes: readonly Note[] = [];
  /** Oldest first. */
  #entries: readonly Entry[] = [];
  journal: readonly JournalEntry[] = [];
  lock: SimLock | undefined;
  leaked: (where: string) => void = () => {};
  takenOver: (lock: SimLock) => void = () => {};
  /** An entry comes from under a lock that somebody else has by now. */
  intruded: (entry: JournalEntry) => void = () => {};

  /** Leaves what has the name already. */
  create(name: string, labels: Labels, now: number): void {
    if (this.notes.some((note) => note.name === name)) return;
    const made = entryOf(labels);
    if (made) this.#judge(made);
    this.#keep([...this.notes, { name, labels, createdAt: new Date(now - (now % 1_000)).toISOString() }]);
  }

  remove(name: string): void {
    if (!this.notes.some((note) => note.name === name)) throw status(404, `no such volume: ${name}`);
    this.#keep(this.notes.filter((note) => note.name !== name));
  }

  labelsOf(name: string): Labels {
    const found = this.notes.find((note) => note.name === name);
    if (!found) throw status(404, `no such volume: ${name}`);
    return found.labels;
  }

  /** Somebody deletes all of them. */
  clear(): void {
    this.#keep([]);
  }

  beaten(by: number, now: number): void {
    if (this.lock?.holder === by) this.lock = { ...this.lock, beaten: [now, this.lock.beaten[0]] };
  }

  /**
   * One whose number is older than the latest intent says nothing of it: it comes again, late, where the entry that it
   * repeats has been pruned.
   */
  #judge({ sequence, entry, writer }: Entry): void {
    if (JSON.stringify(entry).includes(CANARY)) this.leaked('the journal');
    const { lock } = this;
    const late = this.#entries.some((other) => other.entry.type === 'intent' && other.sequence > sequence);
    if (!lock || late || lock.token === writer.token) return;
    if (entry.type !== 'acquired') this.intruded(entry);
    else if (sequence > (this.#entries.at(-1)?.sequence ?? 0)) this.takenOver(lock);
  }

  #keep(notes: readonly Note[]): void {
    this.notes = notes;
    this.#entries = notes
      .flatMap(({ labels }) => entryOf(labels) ?? [])
      .sort((a, b) => a.sequence - b.sequence);
    this.journal = this.#entries.map(({ entry }) => entry);
    const last = this.#entries.at(-1);
    if (!last || last.entry.type === 'released') this.lock = undefined;
    else if (this.lock?.token !== last.writer.token)
      this.lock = { holder: last.writer.pid, token: last.writer.token, beaten: [NEVER, NEVER] };
  }
}

const entries = new WeakMap<Labels, Entry>();

/** Read once for each note: the judge asks after every event. */
function entryOf(labels: Labels): Entry | undefined {
  const text = labels['dev.cutover.entry'];
  if (text === undefined) return undefined;
  const made = entries.get(labels) ?? {
    sequence: Number(labels['dev.cutover.sequence']),
    entry: JSON.parse(text),
    writer: JSON.parse(labels['dev.cutover.writer'] ?? '{}'),
  };
  entries.set(labels, made);
  return made;
}

export const status = (statusCode: number, message: string): Error =>
  Object.assign(new Error(message), { statusCode });

/** The engine's API as the ledger of one process sees it; each request may go wrong like any other. */
export function dockerOf(process: Process, shelf: NoteShelf, guard: () => void, full: () => boolean): Docker {
  const ask = <T>(name: string, work: () => T): Promise<T> =>
    process.call({
      name,
      mutates: !isBeat(name) && name !== 'list notes' && name !== 'inspect note',
      to: 'engine',
      serve: (answer, refuse) => {
        try {
          guard();
          const done = work();
          if (isBeat(name)) shelf.beaten(process.pid, process.kernel.now);
          answer(done);
        } catch (error) {
          refuse(error as Error);
        }
      },
    });
  const docker = {
    listVolumes: ({ filters }: { filters: { label: string[] } }) =>
      ask('list notes', () => {
        const wanted = filters.label.map((filter) => filter.split('=') as [string, string]);
        const found = shelf.notes.filter(({ labels }) =>
          wanted.every(([name, value]) => labels[name] === value),
        );
        return {
          Volumes: found.map(({ name, labels, createdAt }) => ({
            Name: name,
            Labels: labels,
            CreatedAt: createdAt,
          })),
        };
      }),
    createVolume: ({ Name, Labels }: { Name: string; Labels: Labels }) =>
      ask(callOf('note', Name), () => {
        if (full()) throw status(500, 'no space left on device');
        shelf.create(Name, Labels, process.kernel.now);
      }),
    getVolume: (name: string) => ({
      inspect: () => ask('inspect note', () => ({ Labels: shelf.labelsOf(name) })),
      remove: () => ask(callOf('remove', name), () => shelf.remove(name)),
    }),
  };
  return docker as unknown as Docker;
}

/** A beat is one call to a plan, whether the volume comes or goes. */
const callOf = (verb: string, name: string): string => (name.endsWith('-beat') ? 'beat' : `${verb} ${name}`);

const isBeat = (call: string): boolean => call === 'beat';
