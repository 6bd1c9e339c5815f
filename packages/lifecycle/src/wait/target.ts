import type { Check } from '@cutover/healthcheck';
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

type Checks = typeof import('@cutover/healthcheck');

/** Loaded with the first attempt: a process that waits for nothing, or starts before it waits, pays nothing for it. */
function lazily(name: string, make: (checks: Checks) => Check): Check {
  let made: Check | undefined;
  return {
    name,
    run: async (context) => {
      made ??= make(await import('@cutover/healthcheck'));
      return made.run(context);
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a URL or a client, as the check itself takes it
type FromTarget = (target: any) => Check;
const postgres: FromTarget = (target) => lazily('postgres', (checks) => checks.postgresCheck(target));
const mysql: FromTarget = (target) => lazily('mysql', (checks) => checks.mysqlCheck(target));
const redis: FromTarget = (target) => lazily('redis', (checks) => checks.redisCheck(target));
const prisma: FromTarget = (target) => lazily('prisma', (checks) => checks.prismaCheck(target));

const BY_PROTOCOL: Readonly<Record<string, (url: string) => Check>> = {
  'postgres:': postgres,
  'postgresql:': postgres,
  'mysql:': mysql,
  'mariadb:': mysql,
  'redis:': redis,
  'rediss:': redis,
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
  if (has(client, '$queryRaw')) return prisma(client);
  if (has(client, 'unsafe')) return { name: 'postgres', run: async () => void (await client.unsafe?.(SQL)) };
  if (has(client, 'raw')) return { name: 'knex', run: async () => void (await client.raw?.(SQL)) };
  if (has(client, 'promise', 'query')) return mysql(client.promise?.());
  if (has(client, 'execute', 'query')) return mysql(client);
  if (has(client, 'query')) return postgres(client);
  return has(client, 'ping') ? redis(client) : undefined;
}

const has = (client: object, ...methods: string[]): boolean =>
  methods.every((method) => typeof Object(client)[method] === 'function');

const noTarget = (found: string): LifecycleError =>
  new LifecycleError('bad-option', {
    doing: 'reading what to wait for',
    found,
    wanted: `a URL (${Object.keys(BY_PROTOCOL).join(', ')}), a database client or a Check`,
  });
