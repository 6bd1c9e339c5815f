import type { OptionRule } from '@cutover/internal';
import { type ClientKind, kindOf, showClient } from '../client-kind.ts';
import type { Contender, ContenderOptions } from './contender.ts';
import { missing } from './driver.ts';
import { type PgClient, type PgPool, postgresLock } from './postgres-lock.ts';
import { ioredisCommand, nodeRedisCommand, redisFromUrl, redisLease } from './redis-lease.ts';

/** Where the lock lives: the URL of a PostgreSQL or Redis, a pg Pool, or a client of ioredis or node-redis. */
export type LockStore =
  | string
  | URL
  | PgPool
  | { call(command: string, ...args: string[]): Promise<unknown> }
  | { sendCommand(args: string[]): Promise<unknown> };

// biome-ignore lint/suspicious/noExplicitAny: a URL or a client, as its kind says
type Open = (store: any, options: ContenderOptions) => Promise<Contender> | Contender;

const STORES: Readonly<Partial<Record<ClientKind, Open>>> = {
  'postgres url': (url, options) => postgresLock(() => openPostgres(String(url)), options),
  'pg pool': (pool, options) => postgresLock(() => pool.connect(), options),
  'redis url': async (url, options) => redisLease(await redisFromUrl(String(url)), options),
  ioredis: (client, options) => redisLease(ioredisCommand(client), options),
  'node-redis': (client, options) => redisLease(nodeRedisCommand(client), options),
};

const openerOf = (store: unknown): Open | undefined => STORES[kindOf(store) as ClientKind];

/** Where a lock can live. */
export const lockStore: OptionRule = {
  expected: 'a postgres: or redis: URL, a pg Pool, or a client of ioredis or node-redis',
  accepts: (thing) => openerOf(thing) !== undefined,
  show: showClient,
};

/** Opens a store that {@link lockStore} accepts. @throws {LifecycleError} `driver-missing`; or what the driver throws */
export const contenderFor = async (store: LockStore, options: ContenderOptions): Promise<Contender> =>
  (openerOf(store) as Open)(store, options);

async function openPostgres(connectionString: string): Promise<PgClient> {
  const { default: pg } = await import('pg').catch((cause) => Promise.reject(missing('pg', cause)));
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    application_name: 'cutover exclusive',
  });
  // Before anything can go wrong: an error without a listener would end the process.
  client.on('error', () => {});
  await client.connect();
  return Object.assign(client, { release: () => void client.end().catch(() => {}) });
}
