import type { Clock, OptionRule } from '@cutover/internal';
import { type ClientKind, kindOf, showClient } from '../client-kind.ts';
import { missing } from './driver.ts';
import { type PgClient, type PgPool, postgresLock } from './postgres-lock.ts';
import { ioredisCommand, nodeRedisCommand, redisFromUrl, redisLease } from './redis-lease.ts';

/** One process's try for a lock, and its hold on it. */
export interface Contender {
  /** The fencing token when the lock is won now, undefined while another holds it. Each token is above all before it. */
  tryAcquire(signal: AbortSignal): Promise<bigint | undefined>;
  /** Keeps the lock until `signal` aborts, then resolves; rejects as soon as the lock is, or must be taken for, lost. */
  hold(signal: AbortSignal): Promise<void>;
  /** Gives the lock back, if held, and frees what was opened. Never rejects. */
  leave(): Promise<void>;
}

export interface ContenderOptions {
  readonly name: string;
  /** Milliseconds after which a holder that shows no life is replaced. */
  readonly lease: number;
  readonly clock: Clock;
}

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
