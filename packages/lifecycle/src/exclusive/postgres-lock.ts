import { bounded } from '@cutover/internal';
import type { Contender, ContenderOptions } from './contender.ts';

/** What is needed of a client of pg: one session of its own, for a lock lives as long as its session. */
export interface PgClient {
  query(sql: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  on(event: 'error' | 'end', listener: (error?: Error) => void): unknown;
  off(event: 'error' | 'end', listener: (error?: Error) => void): unknown;
  release(destroy?: boolean): void;
}

/** What is needed of a pg Pool; one of its clients is taken for as long as the lock is wanted. */
export interface PgPool {
  query: unknown;
  connect(): Promise<PgClient>;
}

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
 */
export async function postgresLock(
  open: () => Promise<PgClient>,
  { name, lease, clock }: ContenderOptions,
): Promise<Contender> {
  const client = await open();
  const lost = sessionLoss(client);
  // Older than 14: no such setting, and TCP's keep-alive has to do.
  await client.query(`SET idle_session_timeout = ${Math.ceil(lease)}`).catch(() => {});
  return {
    tryAcquire: async () => {
      const { rows } = await Promise.race([client.query(TRY, [lockKey(name)]), lost.promise]);
      const token = rows[0]?.token;
      return token == null ? undefined : BigInt(String(token));
    },
    hold: async (signal) => {
      while (!signal.aborted) {
        await Promise.race([clock.sleep(lease / 3, signal).catch(() => {}), lost.promise]);
        if (signal.aborted) return;
        const asked = bounded({ timeout: lease / 3, clock }, () => client.query('SELECT 1'));
        await Promise.race([asked, lost.promise]);
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
  let onEnd: (error?: Error) => void = () => {};
  const promise = new Promise<never>((_, reject) => {
    onEnd = (error) => reject(error ?? new Error('the server ended the session'));
  });
  promise.catch(() => {});
  client.on('error', onEnd);
  client.on('end', onEnd);
  return { promise, dispose: () => client.off('end', onEnd) };
}
