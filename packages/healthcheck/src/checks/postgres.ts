import { Socket } from 'node:net';
import { option, readOptions, redactUrl } from '@cutover/internal';
import type { Check } from '../check.ts';
import { refuseOption } from '../errors.ts';
import { readDatabaseUrl, requireMethods } from './database-url.ts';
import { defineCheck } from './define-check.ts';
import { loadDriver } from './driver.ts';
import { joined } from './joined.ts';
import { type PostgresPool, viaPool } from './postgres-pool.ts';

/** What is needed of a `pg` Client: the query goes through the connection it has. */
export interface PostgresClient {
  query(sql: string): Promise<unknown>;
}

export interface PostgresCheckOptions {
  /** Default `postgres`. */
  name?: string;
  /** The question; default `SELECT 1`. */
  query?: string;
}

/**
 * PostgreSQL answers a query. A URL opens one connection a run with `pg`, loaded at the first; a pool lends one.
 * @throws {HealthcheckError} `invalid-options` at the call; `run` rejects with `denied`, `misconfigured` and
 * `driver-missing` (permanent), `unreachable`, `not-ready`, `silent` or `bad-answer`.
 */
export function postgresCheck(
  target: string | PostgresClient | PostgresPool,
  options: PostgresCheckOptions = {},
): Check {
  const { name, query } = readOptions(
    options,
    { name: option.text, query: option.text },
    { name: 'postgres', query: 'SELECT 1' },
    refuseOption('postgresCheck'),
  );
  if (typeof target !== 'string') {
    requireMethods('postgresCheck', target, 'query');
    const run = isPool(target) ? viaPool(target, query) : viaClient(target, query);
    return defineCheck({ name, doing: 'asking PostgreSQL', run });
  }
  const url = readDatabaseUrl('postgresCheck', target, ['postgres:', 'postgresql:']);
  return defineCheck({
    name,
    doing: `asking ${redactUrl(url)}`,
    run: (signal) => viaUrl(target, query, signal),
  });
}

// A Client has connect() as well; only a Pool counts its connections.
const isPool = (target: PostgresClient | PostgresPool): target is PostgresPool =>
  'totalCount' in target && 'connect' in target;

const viaClient = (client: PostgresClient, query: string) =>
  joined(async () => {
    await client.query(query);
  });

async function viaUrl(connectionString: string, query: string, signal: AbortSignal): Promise<void> {
  const { default: pg } = await loadDriver('pg', () => import('pg'));
  signal.throwIfAborted();
  // The socket is ours, so that an abort ends it at once: pg's end() waits for a server that may never answer.
  const socket = new Socket();
  const client = new pg.Client({ connectionString, stream: () => socket });
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
