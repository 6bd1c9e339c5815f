import { superfluous } from '../domain/history.ts';
import type { Lock } from '../ports/index.ts';
import { withRetries } from '../run/retries.ts';
import type { LedgerContext } from './context.ts';
import { FENCE_AFTER, isStale } from './heartbeat.ts';
import { isWithinReach } from './identity.ts';
import { holderOf, readNotes, removeRecord, type Writer } from './notes.ts';
import { contested, held, lost } from './refusals.ts';
import { Tenure } from './tenure.ts';

/** Locks that this process has or is about to have: one of its own that is not among them has been given up. */
const active = new Set<string>();

export async function acquire(context: LedgerContext, purpose: string): Promise<Lock> {
  const token = context.newToken();
  const own = { ...(await context.identify()), purpose, since: context.date().toISOString(), token };
  active.add(token);
  try {
    return lockOf(context, await obtain(context, own), token);
  } catch (error) {
    active.delete(token);
    throw error;
  }
}

/**
 * The journal is the lock: the writer of its last entry holds it. There is one last entry and it is never removed, so of
 * two processes that look at the same time at most one finds the last entry to be its own. The lock changes hands only by
 * an entry under the next number. The engine gives that number to one writer, and a process asks for it only after it has
 * seen the lock released or its holder dead. A process that was paused until that number was used and removed can create
 * it again; it then sees by its look that later entries exist.
 */
async function obtain(context: LedgerContext, own: Writer): Promise<Tenure> {
  for (let attempt = 0; attempt < 3; attempt++) {
    const written = await withRetries('engine', context.clock, () => readNotes(context));
    const holder = holderOf(written);
    if (holder && !(await isDead(context, own, holder))) throw held(context.project, holder);
    const tenure = new Tenure(context, own, written.records.at(-1)?.sequence ?? 0);
    try {
      if (await tenure.append({ type: 'acquired' })) return tenure;
    } catch (error) {
      await tenure.end().catch(() => {});
      throw error;
    }
  }
  throw contested(context.project);
}

/** Certain where the process can be looked up; elsewhere only its silence tells. */
async function isDead(context: LedgerContext, own: Writer, holder: Writer): Promise<boolean> {
  if (isWithinReach(own, holder) && own.pid === holder.pid && own.started === holder.started)
    return !active.has(holder.token);
  return (await context.isGone(holder)) ?? isStale(context, context.clock);
}

function lockOf(context: LedgerContext, tenure: Tenure, token: string): Lock {
  const { project } = context;
  const ensureHeld = async (age: number) => {
    if (!(await tenure.confirm(age))) throw lost(project, 'looking after the lock');
  };
  tenure.keepBeating();
  return {
    assertHeld: () => ensureHeld(FENCE_AFTER),
    confirm: () => ensureHeld(0),
    append: async (entry) => {
      await ensureHeld(FENCE_AFTER);
      if (!(await tenure.append(entry))) throw lost(project, 'writing to the journal');
    },
    prune: async () => {
      const { records } = await readNotes(context);
      const gone = new Set(superfluous(records.map(({ entry }) => entry)));
      const old = records.filter(({ entry }) => gone.has(entry));
      await Promise.all(old.map((record) => removeRecord(context, record)));
    },
    release: () => {
      active.delete(token);
      return tenure.end();
    },
  };
}
