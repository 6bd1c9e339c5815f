import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '@cutover/internal';
import type Docker from 'dockerode';
import { pruneBefore } from '../core/journal.ts';
import type { JournalEntry } from '../core/model.ts';
import { tolerating } from '../engine/docker.ts';
import { DeployError } from '../errors.ts';
import type { Engine, Holder, Ledger, Lock } from '../ports.ts';
import { FENCE_AFTER, isStale, startHeartbeat } from './heartbeat.ts';
import { isGone as hasEnded, type Identity, ownIdentity } from './identity.ts';
import { ensureLedgerImage } from './ledger-image.ts';

const PROJECT = 'dev.cutover.project';
const HOLDER = 'dev.cutover.holder';
const SEQUENCE = 'dev.cutover.sequence';
const ENTRY = 'dev.cutover.entry';

/**
 * Lock and journal as containers that are never started, on the engine that is deployed to: the lock shares the fate
 * of what it guards, and a deployment begun on one machine can be resumed from another. The engine lets one caller
 * create a name; that makes the lock exclusive and each append a compare-and-append.
 */
export function engineLedger(
  engine: Pick<Engine, 'docker' | 'project'>,
  {
    clock = systemClock,
    date = () => new Date(),
    identify = ownIdentity,
    isGone = hasEnded,
  }: Partial<Surroundings> = {},
): Ledger {
  const shelf = async (): Promise<Shelf> => ({
    docker: (await engine.docker()) as Docker,
    project: await engine.project(),
    clock,
    date,
    identify,
    isGone,
  });
  return {
    read: async () => (await readRecords(await shelf())).map(({ entry }) => entry),
    holder: async () => {
      const found = await findHolder(await shelf());
      return found && !(await isGone(found.holder)) ? found.holder : undefined;
    },
    acquire: async (purpose) => acquire(await shelf(), purpose),
  };
}

/** What a ledger knows of the machine it is read on. */
interface Surroundings {
  readonly clock: Clock;
  /** The date, for people only. */
  readonly date: () => Date;
  readonly identify: () => Promise<Identity>;
  /** Whether that process has ended; undefined where it cannot be known from here. */
  readonly isGone: (other: Identity) => Promise<boolean | undefined>;
}

interface Shelf extends Surroundings {
  readonly docker: Docker;
  readonly project: string;
}

interface Record {
  readonly id: string;
  readonly sequence: number;
  readonly entry: JournalEntry;
}

async function readRecords({ docker, project }: Shelf): Promise<readonly Record[]> {
  const found = await docker.listContainers({
    all: true,
    filters: { label: [`${PROJECT}=${project}`, ENTRY] },
  });
  return found
    .map(({ Id, Labels }) => ({
      id: Id,
      sequence: Number(Labels[SEQUENCE]),
      entry: JSON.parse(Labels[ENTRY] ?? ''),
    }))
    .sort((a, b) => a.sequence - b.sequence);
}

async function acquire(shelf: Shelf, purpose: string): Promise<Lock> {
  const own: Identity & Holder = { ...(await shelf.identify()), purpose, since: shelf.date().toISOString() };
  for (let attempt = 0; attempt < 3; attempt++) {
    const id = await createNote(shelf, 'lock', { [HOLDER]: JSON.stringify(own) });
    if (id) return lock(shelf, id, (await readRecords(shelf)).at(-1)?.sequence ?? 0);
    const other = await findHolder(shelf);
    if (!other) continue;
    if (!(await isDead(shelf, other))) throw held(shelf, other.holder);
    // By id: if somebody else took it over meanwhile, this removes nothing of theirs.
    await removeNote(shelf, other.id);
  }
  throw new DeployError('locked', {
    doing: `locking ${shelf.project}`,
    found: 'the lock changes hands faster than it can be read',
    fix: 'try again when the other deployments are through',
  });
}

/** Certain on the same boot of the same host; elsewhere only its silence tells. */
async function isDead(
  { docker, clock, isGone }: Shelf,
  { id, holder }: { id: string; holder: Identity },
): Promise<boolean> {
  const known = await isGone(holder);
  return known ?? isStale(docker, id, clock);
}

function lock(shelf: Shelf, id: string, last: number): Lock {
  let sequence = last;
  const heartbeat = startHeartbeat(shelf.docker, id, shelf.clock);
  const insist = async (age: number) => {
    if (await heartbeat.confirm(age)) return;
    throw new DeployError('locked', {
      doing: `looking after the lock of ${shelf.project}`,
      found: 'another process has taken it over',
      wanted: 'to be the only one that deploys',
      fix: 'see with status() who it is; this process does nothing further',
    });
  };
  return {
    assertHeld: () => insist(FENCE_AFTER),
    confirm: () => insist(0),
    append: async (entry) => {
      sequence += 1;
      const labels = { [SEQUENCE]: String(sequence), [ENTRY]: JSON.stringify(entry) };
      if (await createNote(shelf, `journal-${sequence}`, labels)) return;
      throw new DeployError('locked', {
        doing: `writing to the journal of ${shelf.project}`,
        found: `entry ${sequence} was written by another process`,
        wanted: 'to be the only one that deploys',
        fix: 'see who it is with status(); nothing further is done here',
      });
    },
    prune: async () => {
      const records = await readRecords(shelf);
      const keep = pruneBefore(records.map(({ entry }) => entry));
      await Promise.all(records.slice(0, keep).map((record) => removeNote(shelf, record.id)));
    },
    release: () => {
      heartbeat.stop();
      return removeNote(shelf, id);
    },
  };
}

/** Creates a container that is never started; undefined when the name is taken. */
async function createNote(shelf: Shelf, name: string, labels: Readonly<{ [name: string]: string }>) {
  const Image = await ensureLedgerImage(shelf.docker);
  const created = await tolerating([409], () =>
    shelf.docker.createContainer({
      name: `cutover-${shelf.project}-${name}`,
      Image,
      Cmd: ['never-started'],
      Labels: { ...labels, [PROJECT]: shelf.project },
      HostConfig: { NetworkMode: 'none', RestartPolicy: { Name: 'no' } },
    }),
  );
  return created?.id;
}

async function removeNote({ docker }: Shelf, id: string): Promise<void> {
  await tolerating([404], () => docker.getContainer(id).remove());
}

async function findHolder({ docker, project }: Shelf) {
  const [found] = await docker.listContainers({
    all: true,
    filters: { label: [`${PROJECT}=${project}`, HOLDER] },
  });
  if (!found) return undefined;
  const holder: Identity & Holder = JSON.parse(found.Labels[HOLDER] ?? '');
  return { id: found.Id, holder };
}

const held = ({ project }: Shelf, { purpose, host, pid, since }: Holder) =>
  new DeployError(
    'locked',
    {
      doing: `locking ${project}`,
      found: `process ${pid} on ${host} has been at it since ${since} (${purpose})`,
      wanted: 'no other deployment of this project',
      fix: 'wait for it; a dead one is replaced by itself',
    },
    { facts: { holder: { purpose, host, pid, since } } },
  );

export const newDeploymentId = (): string => randomUUID().slice(0, 8);
