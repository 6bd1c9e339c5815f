import { randomUUID } from 'node:crypto';
import { systemClock } from '@cutover/internal';
import type Docker from 'dockerode';
import type { Ledger } from '../ports/index.ts';
import { isGone as hasEnded, ownIdentity } from './identity.ts';
import { acquire, type LedgerContext, type Surroundings } from './lock.ts';
import { findLock, readEntries } from './notes.ts';

/**
 * Lock and journal as containers that are never started, on the engine that is deployed to: the lock shares the fate
 * of what it guards, and a deployment begun on one machine can be resumed from another. The engine lets one caller
 * create a name; that makes the lock exclusive and each append a compare-and-append.
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
    read: async () => (await readEntries(await context())).map(({ entry }) => entry),
    holder: async () => {
      const found = await findLock(await context());
      return found && !(await isGone(found.holder)) ? found.holder : undefined;
    },
    acquire: async (purpose) => acquire(await context(), purpose),
  };
}
