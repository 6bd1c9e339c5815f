import { bounded, LONGEST_TIMER } from '@cutover/internal';
import type { Contender, ContenderOptions } from './contender.ts';
import { proveOwnSession, sessionOf } from './own-session.ts';
import type { PgClient, PgSessions } from './postgres-session.ts';
import { untilOpen } from './until-open.ts';

/** The lock's number: the first 8 bytes of a digest, as PostgreSQL's bigint. */
export function lockKey(name: string): string {
  const { createHash } = process.getBuiltinModule('node:crypto');
  return createHash('sha256').update(`cutover:${name}`).digest().readBigInt64BE().toString();
}

// Transaction numbers only grow, and this one is assigned after the lock is taken.
const TRY = 'SELECT CASE WHEN pg_try_advisory_lock($1::bigint) THEN txid_current()::text END AS token';

/**
 * An advisory lock on a dedicated session. The server ends the session after `lease` without activity, so a holder that
 * is paused or cut off is replaced. The holder queries three times as often, and treats a missing answer as loss.
 * @throws {LifecycleError} `lock-unsafe`
 */
export async function postgresLock(
  sessions: PgSessions,
  { name, lease, clock, doing, signal }: ContenderOptions,
): Promise<Contender> {
  const client = await sessions.open(signal);
  const lost = sessionLoss(client);
  const limit = Math.min(Math.ceil(lease), LONGEST_TIMER);
  const own = await untilOpen(
    signal,
    async () => {
      await proveOwnSession(client, sessions, { doing, signal, clock });
      // Before 14 there is no such setting; TCP keep-alive must be enough.
      await client.query(`SET idle_session_timeout = ${limit}`).catch(() => {});
      return sessionOf(client);
    },
    () => client.release(true),
  );
  return {
    tryAcquire: async () => {
      const { rows } = await Promise.race([client.query(TRY, [lockKey(name)]), lost.promise]);
      const token = rows[0]?.token;
      return token == null ? undefined : BigInt(String(token));
    },
    hold: async (over) => {
      while (!over.aborted) {
        await Promise.race([clock.sleep(lease / 3, over).catch(() => {}), lost.promise]);
        if (over.aborted) return;
        const asked = bounded({ timeout: lease / 3, signal: over, clock }, () => sessionOf(client));
        if ((await Promise.race([asked, lost.promise])) !== own)
          throw new Error('the session is another one');
      }
    },
    leave: async () => {
      lost.dispose();
      // The end of the session releases the lock; a pooled client must not return to the pool with this setting.
      client.release(true);
    },
  };
}

/** Rejects as soon as the session is gone. */
function sessionLoss(client: PgClient): { promise: Promise<never>; dispose(): void } {
  let onEnd: (error?: unknown) => void = () => {};
  const promise = new Promise<never>((_, reject) => {
    onEnd = (error) => reject(error ?? new Error('the server ended the session'));
  });
  promise.catch(() => {});
  client.on('error', onEnd);
  client.on('end', onEnd);
  return { promise, dispose: () => client.off('end', onEnd) };
}
