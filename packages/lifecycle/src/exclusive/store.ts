import type { OptionRule } from '@cutover/internal';
import { type ClientKind, kindOf, showClient } from '../client-kind.ts';
import type { Contender, ContenderOptions } from './contender.ts';
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
