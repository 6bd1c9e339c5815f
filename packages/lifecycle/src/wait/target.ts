import { type Check, mysqlCheck, postgresCheck, prismaCheck, redisCheck } from '@cutover/healthcheck';
import { redactUrl } from '@cutover/internal';
import { LifecycleError } from '../errors.ts';
import { mongoCheck } from './mongo.ts';

type Ask = (...args: never[]) => unknown;

/** What can be waited for; clients are known by the methods they have. */
export type Target =
  | string
  | URL
  | Check
  /** pg, mysql2, TypeORM */
  | { query: Ask }
  /** Prisma */
  | { $queryRaw: Ask }
  /** ioredis, node-redis */
  | { ping: Ask }
  /** postgres.js */
  | { unsafe: Ask }
  /** Knex */
  | { raw: Ask };

const BY_PROTOCOL: Readonly<Record<string, (url: string) => Check>> = {
  'postgres:': postgresCheck,
  'postgresql:': postgresCheck,
  'mysql:': mysqlCheck,
  'mariadb:': mysqlCheck,
  'redis:': redisCheck,
  'rediss:': redisCheck,
  'mongodb:': mongoCheck,
  'mongodb+srv:': mongoCheck,
};

/**
 * The check that proves a target with a query.
 * @throws {LifecycleError} `bad-option` for what is no target
 */
export function checkOf(target: Target): Check {
  if (typeof target === 'string' || target instanceof URL) return checkOfUrl(String(target));
  if (isCheck(target)) return target;
  const check = checkOfClient(target as Client);
  if (check) return check;
  throw noTarget('something that is neither');
}

function checkOfUrl(url: string): Check {
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  const make = BY_PROTOCOL[protocol];
  if (make) return make(url);
  throw noTarget(protocol ? `the URL ${redactUrl(url)}` : 'a text that is no URL');
}

const isCheck = (target: object): target is Check =>
  typeof (target as Check).name === 'string' && typeof (target as Check).run === 'function';

interface Client {
  $queryRaw?: never;
  unsafe?(sql: string): Promise<unknown>;
  raw?(sql: string): Promise<unknown>;
  query?(sql: string): Promise<unknown>;
  ping?(): Promise<unknown>;
  /** mysql2's callback flavour hides the promises behind this. */
  promise?(): { query(sql: string): Promise<unknown> };
}

const SQL = 'SELECT 1';

// The order matters: mysql2 has `ping` beside `query`, Prisma has anything one asks for.
function checkOfClient(client: Client): Check | undefined {
  if (has(client, '$queryRaw')) return prismaCheck(client as never);
  if (has(client, 'unsafe')) return { name: 'postgres', run: async () => void (await client.unsafe?.(SQL)) };
  if (has(client, 'raw')) return { name: 'knex', run: async () => void (await client.raw?.(SQL)) };
  if (has(client, 'promise', 'query')) return mysqlCheck(client.promise?.() as never);
  if (has(client, 'execute', 'query')) return mysqlCheck(client as never);
  if (has(client, 'query')) return postgresCheck(client as never);
  return has(client, 'ping') ? redisCheck(client as never) : undefined;
}

const has = (client: object, ...methods: string[]): boolean =>
  methods.every((method) => typeof Object(client)[method] === 'function');

const noTarget = (found: string): LifecycleError =>
  new LifecycleError('bad-option', {
    doing: 'reading what to wait for',
    found,
    wanted: `a URL (${Object.keys(BY_PROTOCOL).join(', ')}), a database client or a Check`,
  });
