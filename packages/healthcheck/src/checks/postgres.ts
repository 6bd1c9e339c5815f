import { Socket } from 'node:net';
import type { Check } from '../check.ts';
import { loadDriver } from './driver.ts';
import { type PostgresPool, viaPool } from './postgres-pool.ts';
import {
  ask,
  type SqlCheckOptions,
  type SqlClient,
  type SqlDatabase,
  sqlCheck,
  type UrlQuery,
} from './sql.ts';

/**
 * PostgreSQL answers a query. A URL opens one connection a run with `pg`, loaded at the first; a pool of `pg` lends one.
 * @throws {HealthcheckError} `invalid-options` at the call; `run` rejects with `denied`, `misconfigured` and
 * `driver-missing` (permanent), `unreachable`, `not-ready`, `silent` or `bad-answer`.
 */
export const postgresCheck = (
  target: string | SqlClient | PostgresPool,
  options: SqlCheckOptions = {},
): Check => sqlCheck(postgres, target, options);

const postgres: SqlDatabase<SqlClient | PostgresPool> = {
  made: 'postgresCheck',
  title: 'PostgreSQL',
  name: 'postgres',
  schemes: ['postgres:', 'postgresql:'],
  viaUrl,
  viaClient: (client, query) => (isPool(client) ? viaPool(client, query) : ask(client, query)),
};

// A Client has connect() as well; only a Pool counts its connections.
const isPool = (client: SqlClient | PostgresPool): client is PostgresPool =>
  'totalCount' in client && 'connect' in client;

async function viaUrl({ url, query, ca }: UrlQuery, signal: AbortSignal): Promise<void> {
  const { default: pg } = await loadDriver('pg', () => import('pg'));
  signal.throwIfAborted();
  // The socket is ours, so that an abort ends it at once: pg's end() waits for a server that may never answer.
  const socket = new Socket();
  const client = new pg.Client({ ...login(url, ca), stream: () => socket });
  client.on('error', () => {});
  const onAbort = () => socket.destroy();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await client.connect();
    await client.query(query);
    await client.end();
  } finally {
    signal.removeEventListener('abort', onAbort);
    socket.destroy();
  }
}

function login(url: URL, ca: string | undefined): { connectionString: string; ssl?: { ca: string } } {
  if (ca === undefined) return { connectionString: url.href };
  const bare = new URL(url);
  // What stands in the URL would win over the certificates.
  bare.searchParams.delete('sslmode');
  return { connectionString: bare.href, ssl: { ca } };
}
