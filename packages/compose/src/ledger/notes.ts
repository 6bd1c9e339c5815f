import type Docker from 'dockerode';
import type { JournalEntry } from '../domain/journal.ts';
import { tolerating } from '../engine/docker.ts';
import type { Holder } from '../ports/index.ts';
import type { Identity } from './identity.ts';
import { createFromLedgerImage } from './ledger-image.ts';

const PROJECT = 'dev.cutover.project';
const HOLDER = 'dev.cutover.holder';
const SEQUENCE = 'dev.cutover.sequence';
const ENTRY = 'dev.cutover.entry';
const TOKEN = 'dev.cutover.token';

/** Where the notes of a project are: containers that are never started. The engine gives a name to one caller. */
export interface Notes {
  readonly docker: Docker;
  readonly project: string;
}

/** Who made a lock; `token` tells it from another lock of the same process. */
export type LockHolder = Identity & Holder & { readonly token: string };

export interface LockNote {
  readonly id: string;
  readonly holder: LockHolder;
}

export interface JournalRecord {
  readonly id: string;
  readonly sequence: number;
  readonly entry: JournalEntry;
  /** Of the lock under which it was written. */
  readonly token: string | undefined;
}

/** The id of the new lock; undefined when there is one. */
export const createLock = (notes: Notes, holder: LockHolder): Promise<string | undefined> =>
  create(notes, 'lock', { [HOLDER]: JSON.stringify(holder) });

export async function findLock(notes: Notes): Promise<LockNote | undefined> {
  const [found] = await list(notes, HOLDER);
  return found && { id: found.Id, holder: JSON.parse(found.Labels[HOLDER] ?? '') };
}

/** False when the entry of that number exists. */
export async function createEntry(
  notes: Notes,
  { sequence, entry, token }: Omit<JournalRecord, 'id'>,
): Promise<boolean> {
  const labels = { [SEQUENCE]: String(sequence), [ENTRY]: JSON.stringify(entry), [TOKEN]: token ?? '' };
  return (await create(notes, `journal-${sequence}`, labels)) !== undefined;
}

/** Every entry, oldest first. */
export async function readEntries(notes: Notes): Promise<readonly JournalRecord[]> {
  const found = await list(notes, ENTRY);
  return found
    .map(({ Id, Labels }) => ({
      id: Id,
      sequence: Number(Labels[SEQUENCE]),
      entry: JSON.parse(Labels[ENTRY] ?? ''),
      token: Labels[TOKEN],
    }))
    .sort((a, b) => a.sequence - b.sequence);
}

/** By id: a successor of the same name is never hit. */
export async function removeNote({ docker }: Notes, id: string): Promise<void> {
  await tolerating([404], () => docker.getContainer(id).remove());
}

const list = ({ docker, project }: Notes, label: string) =>
  docker.listContainers({ all: true, filters: { label: [`${PROJECT}=${project}`, label] } });

async function create(
  { docker, project }: Notes,
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const created = await tolerating([409], () =>
    createFromLedgerImage(docker, {
      name: `cutover-${project}-${name}`,
      Cmd: ['never-started'],
      Labels: { ...labels, [PROJECT]: project },
      HostConfig: { NetworkMode: 'none', RestartPolicy: { Name: 'no' } },
    }),
  );
  return created?.id;
}
