import { Socket } from 'node:net';
import type { Check } from '../check.ts';
import { HealthcheckError } from '../errors.ts';
import { anyHost } from './any-host.ts';
import { loadDriver } from './driver.ts';
import { loginAt, tlsOf } from './postgres-login.ts';
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
 * PostgreSQL answers a query. A URL opens one connection a run with `pg`, loaded at the first; a pool of `pg` lends
 * one. Of several hosts in the URL one that matches `target_session_attrs` must answer.
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
  urls: { schemes: ['postgres:', 'postgresql:'], socket: 'host' },
  viaUrl,
  viaClient: (client, query) => (isPool(client) ? viaPool(client, query) : ask(client, query)),
};

// A Client has connect() as well; only a Pool counts its connections.
const isPool = (client: SqlClient | PostgresPool): client is PostgresPool =>
  'totalCount' in client && 'connect' in client;

async function viaUrl({ url, query, ca }: UrlQuery, signal: AbortSignal): Promise<void> {
  const { default: pg } = await loadDriver('pg', () => import('pg'));
  const tls = await tlsOf(url.params, ca);
  const wanted = url.params.get('target_session_attrs') ?? 'any';
  await anyHost(url, signal, async (host, signal) => {
    signal.throwIfAborted();
    // The socket is ours, so that an abort ends it at once: pg's end() waits for a server that may never answer.
    const socket = new Socket();
    const client = new pg.Client({ ...loginAt(host, url, tls), stream: () => socket });
    client.on('error', () => {});
    const onAbort = () => socket.destroy();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await client.connect();
      await demandSession(client, wanted);
      await client.query(query);
      await client.end();
    } finally {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
    }
  });
}

/** Tests for a session, by libpq's names; `any` and `prefer-standby` accept every session. */
const SESSIONS: Readonly<Record<string, string>> = {
  'read-write': "current_setting('transaction_read_only') = 'off'",
  'read-only': "current_setting('transaction_read_only') = 'on'",
  primary: 'NOT pg_is_in_recovery()',
  standby: 'pg_is_in_recovery()',
};

async function demandSession(
  client: { query(sql: string): Promise<{ rows: { fits: boolean }[] }> },
  wanted: string,
): Promise<void> {
  const condition = SESSIONS[wanted];
  if (condition === undefined) return;
  const { rows } = await client.query(`SELECT ${condition} AS fits`);
  if (rows[0]?.fits) return;
  const doing = 'reading what the server is';
  throw new HealthcheckError('not-ready', { doing, found: `it is not ${wanted}`, wanted });
}
