import { randomUUID } from 'node:crypto';
import { systemClock } from '@cutover/internal';
import type Docker from 'dockerode';
import type { Ledger } from '../ports/index.ts';
import type { LedgerContext, Surroundings } from './context.ts';
import { isGone as hasEnded, ownIdentity } from './identity.ts';
import { acquire } from './lock.ts';
import { holderOf, readNotes } from './notes.ts';

/**
 * Lock and journal as a series of empty volumes, on the target engine: the lock shares the fate of what it
 * guards, and a deployment begun on one machine can be resumed from another.
 */
export function engineLedger(
  engine: { docker(): Promise<Docker>; project(): Promise<string> },
  {
    clock = systemClock,
    date = () => new Date(),
    newToken = randomUUID,
    identify = ownIdentity,
    isGone = hasEnded,
  }: Partial<Surroundings> = {},
): Ledger {
  const context = async (): Promise<LedgerContext> => ({
    docker: await engine.docker(),
    project: await engine.project(),
    clock,
    date,
    newToken,
    identify,
    isGone,
  });
  return {
    read: async () => (await readNotes(await context())).records.map(({ entry }) => entry),
    holder: async () => {
      const found = holderOf(await readNotes(await context()));
      return found && !(await isGone(found)) ? found : undefined;
    },
    acquire: async (purpose) => acquire(await context(), purpose),
  };
}
