import type { Clock } from '@cutover/internal';
import { redactUrl } from '@cutover/internal';
import { LifecycleError } from '../errors.ts';
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

/** @throws {LifecycleError} `bad-option` for what is no store, `driver-missing` */
export function contenderFor(store: LockStore, options: ContenderOptions): Promise<Contender> | Contender {
  if (typeof store === 'string' || store instanceof URL) return contenderForUrl(String(store), options);
  // A pool first: ioredis and node-redis have no `connect` that gives a client.
  if ('query' in store && 'connect' in store) return postgresLock(() => store.connect(), options);
  if ('call' in store) return redisLease(ioredisCommand(store), options);
  if ('sendCommand' in store) return redisLease(nodeRedisCommand(store), options);
  throw noStore('something that is neither');
}

async function contenderForUrl(url: string, options: ContenderOptions): Promise<Contender> {
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (/^postgres(ql)?:$/.test(protocol)) return postgresLock(() => openPostgres(url), options);
  if (/^rediss?:$/.test(protocol)) return redisLease(await redisFromUrl(url), options);
  throw noStore(protocol ? `the URL ${redactUrl(url)}` : 'a text that is no URL');
}

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

const noStore = (found: string): LifecycleError =>
  new LifecycleError('bad-option', {
    doing: 'opening the store of a lock',
    found,
    wanted: 'a postgres: or redis: URL, a pg Pool, or a client of ioredis or node-redis',
  });
