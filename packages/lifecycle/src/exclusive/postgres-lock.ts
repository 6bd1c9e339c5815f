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

// A transaction's number only ever grows, and one is given out only after the lock is held.
const TRY = 'SELECT CASE WHEN pg_try_advisory_lock($1::bigint) THEN txid_current()::text END AS token';

/**
 * An advisory lock on a session of its own. The server is told to end the session when it is silent for `lease`, so a
 * holder that is paused or cut off is replaced; ours asks three times as often, and takes silence for loss.
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
      // Older than 14: no such setting, and TCP's keep-alive has to do.
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
      // The session's end gives the lock back; a client of a pool must not go back with our setting.
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
