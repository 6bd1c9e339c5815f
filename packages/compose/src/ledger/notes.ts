import type Docker from 'dockerode';
import type { JournalEntry } from '../domain/journal.ts';
import { tolerating } from '../engine/docker.ts';
import type { Holder } from '../ports/index.ts';
import type { Identity } from './identity.ts';

const PROJECT = 'dev.cutover.project';
const SEQUENCE = 'dev.cutover.sequence';
const ENTRY = 'dev.cutover.entry';
const WRITER = 'dev.cutover.writer';

/**
 * Where the notes of a project are: empty named volumes, which a prune of containers or of the system does not remove.
 * The engine gives a name to one creator; a later one is answered with the existing volume.
 */
export interface Notes {
  readonly docker: Docker;
  readonly project: string;
}

/** Who wrote an entry; `token` tells one lock of a process from its next. */
export type Writer = Identity & Holder & { readonly token: string };

export interface JournalRecord {
  /** From 1; the last entry has the highest. */
  readonly sequence: number;
  readonly entry: JournalEntry;
  readonly writer: Writer;
}

/** What is written, as of one look at it. */
export interface Written {
  /** Oldest first. */
  readonly records: readonly JournalRecord[];
  /** Changes with each entry and each beat. */
  readonly pulse: string;
  /** Whether the volume of the beat exists: see {@link toggleBeat}. */
  readonly beating: boolean;
}

export async function readNotes({ docker, project }: Notes): Promise<Written> {
  const { Volumes } = await docker.listVolumes({ filters: { label: [`${PROJECT}=${project}`] } });
  const all = (Volumes ?? []) as readonly Volume[];
  const records = all
    .filter(({ Labels }) => Labels[ENTRY] !== undefined)
    .map(({ Labels }) => ({
      sequence: Number(Labels[SEQUENCE]),
      entry: JSON.parse(Labels[ENTRY] ?? ''),
      writer: JSON.parse(Labels[WRITER] ?? ''),
    }));
  return {
    records: records.sort((a, b) => a.sequence - b.sequence),
    pulse: all
      .map(({ Name, CreatedAt }) => `${Name} ${CreatedAt}`)
      .sort()
      .join(),
    beating: all.some(({ Name }) => Name === nameOf(project, BEAT)),
  };
}

/** Who holds the lock: the writer of the last entry, unless that entry releases it. */
export function holderOf({ records }: Written): Writer | undefined {
  const last = records.at(-1);
  return last?.entry.type === 'released' ? undefined : last?.writer;
}

/** Changes nothing when the number is taken; reading the notes afterwards tells by whom. */
export const createRecord = (notes: Notes, { sequence, entry, writer }: JournalRecord): Promise<void> =>
  create(notes, `journal-${sequence}`, {
    [SEQUENCE]: String(sequence),
    [ENTRY]: JSON.stringify(entry),
    [WRITER]: JSON.stringify(writer),
  });

/**
 * Whether nobody has that number, or ever will: an engine that was killed while it created a volume leaves one without
 * labels.
 */
export async function isSpoilt({ docker, project }: Notes, sequence: number): Promise<boolean> {
  const volume = docker.getVolume(nameOf(project, `journal-${sequence}`));
  const found = await tolerating([404], () => volume.inspect());
  return found !== undefined && found.Labels?.[ENTRY] === undefined;
}

/** Only for entries that are not the last: a process that uses such a number again does not get the lock by it. */
export const removeRecord = (notes: Notes, { sequence }: JournalRecord): Promise<void> =>
  remove(notes, `journal-${sequence}`);

/** A beat in one request: creates the volume of the beat, or removes it when it exists. */
export const toggleBeat = (notes: Notes, beating: boolean): Promise<void> =>
  beating ? remove(notes, BEAT) : create(notes, BEAT, {});

const BEAT = 'beat';

const nameOf = (project: string, note: string): string => `cutover-${project}-${note}`;

/** With what the typings of the client leave out. */
type Volume = Docker.VolumeInspectInfo & { readonly CreatedAt?: string };

async function create(
  { docker, project }: Notes,
  note: string,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  await docker.createVolume({ Name: nameOf(project, note), Labels: { ...labels, [PROJECT]: project } });
}

async function remove({ docker, project }: Notes, note: string): Promise<void> {
  await tolerating([404], () => docker.getVolume(nameOf(project, note)).remove());
}
