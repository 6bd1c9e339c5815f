import { HealthcheckError } from '../errors.ts';
import { withResource } from './with-resource.ts';

/** A connection borrowed from a pool. */
export interface LentClient {
  query(sql: string): Promise<unknown>;
  release(destroy?: boolean): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
  removeListener(event: 'error', listener: (error: Error) => void): unknown;
}

/** The needed part of a `pg` Pool: it lends a connection, which is released, or destroyed when it hangs. */
export interface PostgresPool {
  query(sql: string): Promise<unknown>;
  connect(): Promise<LentClient>;
  readonly totalCount: number;
}

const ignore = () => {};

/**
 * Queries over a borrowed connection. A query cannot be cancelled, so an abort destroys its connection. The wait for a
 * connection cannot be cancelled either: a late connection is released, and until then no other one is requested.
 */
export function viaPool(pool: PostgresPool, query: string): (signal: AbortSignal) => Promise<void> {
  let isOwed = false;
  return (signal) => {
    if (isOwed) throw exhausted();
    return withResource<void>(signal, ({ resolve, reject }) => {
      let lent: LentClient | undefined;
      let isGood = false;
      let isOver = false;
      const ask = async () => {
        isOwed = true;
        const client = await pool.connect().finally(() => {
          isOwed = false;
        });
        if (isOver) return client.release();
        lent = client;
        // pg reports a lost connection to its holder as an event, which would end the process without a listener.
        client.on('error', ignore);
        await client.query(query);
        isGood = true;
      };
      ask().then(resolve, reject);
      return () => {
        isOver = true;
        if (isGood) lent?.removeListener('error', ignore);
        lent?.release(!isGood);
      };
    });
  };
}

const exhausted = () =>
  new HealthcheckError('silent', {
    doing: 'asking the PostgreSQL pool for a connection',
    found: 'the previous request for a connection is still waiting',
    fix: 'enlarge the pool, or find the code that keeps its connections',
  });
