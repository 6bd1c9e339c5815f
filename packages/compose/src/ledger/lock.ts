import { type Clock, messageOf } from '@cutover/internal';
import { DeployError } from '../domain/errors.ts';
import { superfluous } from '../domain/history.ts';
import type { JournalEntry } from '../domain/journal.ts';
import type { Holder, Lock } from '../ports/index.ts';
import { withRetries } from '../run/retries.ts';
import { FENCE_AFTER, isStale, startHeartbeat } from './heartbeat.ts';
import { type Identity, isWithinReach } from './identity.ts';
import {
  createEntry,
  createLock,
  findLock,
  type LockHolder,
  type LockNote,
  type Notes,
  readEntries,
  removeNote,
} from './notes.ts';

/** What a ledger knows of the machine it is used on. */
export interface Surroundings {
  readonly clock: Clock;
  /** The date, for people only. */
  readonly date: () => Date;
  /** Different each time. */
  readonly newToken: () => string;
  readonly identify: () => Promise<Identity>;
  /** Whether that process has ended; undefined where it cannot be known from here. */
  readonly isGone: (other: Identity) => Promise<boolean | undefined>;
}

export type LedgerContext = Notes & Surroundings;

/** Locks that this process has or is about to have: one of its own that is not among them has been given up. */
const active = new Set<string>();

export async function acquire(context: LedgerContext, purpose: string): Promise<Lock> {
  const token = context.newToken();
  const own = { ...(await context.identify()), purpose, since: context.date().toISOString(), token };
  active.add(token);
  try {
    const id = await obtain(context, own);
    return await begin(context, id, own);
  } catch (error) {
    active.delete(token);
    throw error;
  }
}

async function obtain(context: LedgerContext, own: LockHolder): Promise<string> {
  for (let attempt = 0; attempt < 3; attempt++) {
    const id = await create(context, own);
    if (id) return id;
    const other = await withRetries('engine', context.clock, () => findLock(context));
    if (!other) continue;
    if (!(await isDead(context, own, other))) throw held(context, other.holder);
    // By id: if somebody else took it over meanwhile, this removes nothing of theirs.
    await removeNote(context, other.id);
  }
  throw new DeployError('locked', {
    doing: `locking ${context.project}`,
    found: 'the lock changes hands faster than it can be read',
    fix: 'try again when the other deployments are through',
  });
}

/** The id of our lock; undefined when another is there. An answer that was lost is made up for by looking. */
const create = (context: LedgerContext, own: LockHolder): Promise<string | undefined> =>
  withRetries('engine', context.clock, async () => {
    const id = await createLock(context, own).catch((error: unknown) => orOurs(context, own, error));
    return id ?? ours(context, own);
  });

async function orOurs(context: LedgerContext, own: LockHolder, error: unknown): Promise<string> {
  const id = await ours(context, own);
  if (id) return id;
  throw isRefusal(error) ? refused(context, error) : error;
}

async function ours(context: LedgerContext, { token }: LockHolder): Promise<string | undefined> {
  const found = await findLock(context);
  return found?.holder.token === token ? found.id : undefined;
}

/** The engine has answered: asking again would change nothing. */
const isRefusal = (error: unknown): boolean => (error as { statusCode?: number }).statusCode !== undefined;

const refused = ({ project }: Notes, error: unknown): DeployError =>
  new DeployError(
    'journal-failed',
    {
      doing: `writing to the journal of ${project}`,
      found: messageOf(error),
      wanted: 'an engine that creates a container, which is never started, for each entry',
      fix: 'see that the disk of the engine is not full; nothing was changed by this',
    },
    { cause: error },
  );

/** Certain where the process can be looked up; elsewhere only its silence tells. */
async function isDead(context: LedgerContext, own: LockHolder, { id, holder }: LockNote): Promise<boolean> {
  if (isWithinReach(own, holder) && own.pid === holder.pid && own.started === holder.started)
    return !active.has(holder.token);
  const known = await context.isGone(holder);
  return known ?? isStale(context.docker, id, context.clock);
}

/**
 * The first thing that a holder writes is that it holds the lock. Its number is taken from then on: whoever had the
 * lock before and does not know that it is lost gets no entry into the journal.
 */
async function begin(context: LedgerContext, id: string, own: LockHolder): Promise<Lock> {
  const { purpose, host, pid, token } = own;
  const heartbeat = startHeartbeat(context.docker, id, context.clock);
  const release = async () => {
    heartbeat.stop();
    active.delete(token);
    await removeNote(context, id);
  };
  const ensureHeld = async (age: number) => {
    if (await withRetries('engine', context.clock, () => heartbeat.confirm(age))) return;
    throw lost(context, `looking after the lock of ${context.project}`, 'another process has taken it over');
  };
  let sequence: number;
  try {
    do {
      sequence = await nextNumber(context);
      // Whoever has taken the lock over since has taken that number as well; who had it taken over before writes nothing.
      await ensureHeld(0);
    } while (!(await append(context, { sequence, token, entry: { type: 'acquired', purpose, host, pid } })));
  } catch (error) {
    await release().catch(() => {});
    throw error;
  }
  return {
    assertHeld: () => ensureHeld(FENCE_AFTER),
    confirm: () => ensureHeld(0),
    append: async (entry) => {
      await ensureHeld(FENCE_AFTER);
      sequence += 1;
      const number = sequence;
      if (await append(context, { sequence: number, token, entry })) return;
      const found = `entry ${number} was written by another process`;
      throw lost(context, `writing to the journal of ${context.project}`, found);
    },
    prune: async () => {
      const records = await readEntries(context);
      const gone = new Set(superfluous(records.map(({ entry }) => entry)));
      const old = records.filter(({ entry }) => gone.has(entry));
      await Promise.all(old.map((record) => removeNote(context, record.id)));
    },
    release,
  };
}

async function nextNumber(context: LedgerContext): Promise<number> {
  const entries = await withRetries('engine', context.clock, () => readEntries(context));
  return (entries.at(-1)?.sequence ?? 0) + 1;
}

interface Entry {
  readonly sequence: number;
  readonly token: string;
  readonly entry: JournalEntry;
}

/** False when the number is taken by somebody else; one that is there already since an answer was lost is ours. */
const append = (context: LedgerContext, { sequence, token, entry }: Entry): Promise<boolean> =>
  withRetries('engine', context.clock, async () => {
    try {
      if (await createEntry(context, { sequence, token, entry })) return true;
    } catch (error) {
      if (isRefusal(error)) throw refused(context, error);
      throw error;
    }
    const taken = (await readEntries(context)).find((record) => record.sequence === sequence);
    return taken?.token === token && JSON.stringify(taken.entry) === JSON.stringify(entry);
  });

const lost = ({ project }: Notes, doing: string, found: string): DeployError =>
  new DeployError('locked', {
    doing,
    found,
    wanted: `to be the only one that deploys ${project}`,
    fix: 'see with status() who it is; this process does nothing further',
  });

const held = ({ project }: Notes, { purpose, host, pid, since }: Holder): DeployError =>
  new DeployError(
    'locked',
    {
      doing: `locking ${project}`,
      found: `process ${pid} on ${host} has held the lock since ${since} (${purpose})`,
      wanted: 'no other deployment of this project',
      fix: 'wait for it; the lock of a dead process is taken over by the next run',
    },
    { facts: { holder: { purpose, host, pid, since } } },
  );
