import type { Clock, OptionRule } from '@cutover/internal';
import { type ClientKind, kindOf, showClient } from '../client-kind.ts';
import { postgresLock } from './postgres-lock.ts';
import { type PgPool, sessionsOfPool, sessionsOfUrl } from './postgres-session.ts';
import {
  type IoredisClient,
  ioredisScripts,
  type NodeRedisClient,
  nodeRedisScripts,
  redisFromUrl,
} from './redis-clients.ts';
import { redisLease } from './redis-lease.ts';

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
  /** What an error says was being done. */
  readonly doing: string;
  /** Ends the opening of the store, and frees what was opened until then. */
  readonly signal: AbortSignal;
}

/**
 * Where the lock lives: the URL of a PostgreSQL or Redis (`postgres:`, `redis:`, `rediss:`), a pg Pool, or a client of
 * ioredis or node-redis, of a cluster or of Sentinel as well.
 */
export type LockStore = string | URL | PgPool | IoredisClient | NodeRedisClient;

// biome-ignore lint/suspicious/noExplicitAny: a URL or a client, as its kind says
type Open = (store: any, options: ContenderOptions) => Promise<Contender> | Contender;

const STORES: Readonly<Partial<Record<ClientKind, Open>>> = {
  'postgres url': (url, options) => postgresLock(sessionsOfUrl(String(url), options.clock), options),
  'pg pool': (pool, options) => postgresLock(sessionsOfPool(pool, options.clock), options),
  'redis url': async (url, options) => redisLease(await redisFromUrl(String(url), options.signal), options),
  ioredis: (client, options) => redisLease(ioredisScripts(client), options),
  'node-redis': (client, options) => redisLease(nodeRedisScripts(client), options),
};

const openerOf = (store: unknown): Open | undefined => STORES[kindOf(store) as ClientKind];

/** Where a lock can live. */
export const lockStore: OptionRule = {
  expected: 'a postgres: or redis: URL, a pg Pool, or a client of ioredis or node-redis',
  accepts: (thing) => openerOf(thing) !== undefined,
  show: showClient,
};

/** Opens a store that {@link lockStore} accepts. @throws {LifecycleError} `driver-missing`, `lock-unsafe`; or what the driver throws */
export const contenderFor = async (store: LockStore, options: ContenderOptions): Promise<Contender> =>
  (openerOf(store) as Open)(store, options);
