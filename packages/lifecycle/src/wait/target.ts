import type { Check } from '@cutover/healthcheck';
import { type OptionRule, option, readOptions } from '@cutover/internal';
import { type ClientKind, kindOf, showClient } from '../client-kind.ts';
import { refuse } from '../errors.ts';
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

const SQL = 'SELECT 1';

const CHECKS: Readonly<Record<ClientKind, FromTarget>> = {
  'postgres url': postgres,
  'mysql url': mysql,
  'redis url': redis,
  'mongodb url': mongoCheck,
  prisma,
  'postgres.js': (sql) => ({ name: 'postgres', run: async () => void (await sql.unsafe(SQL)) }),
  knex: (knex) => ({ name: 'knex', run: async () => void (await knex.raw(SQL)) }),
  // Its callback flavour hides the promises behind a method.
  'mysql2 callbacks': (pool) => mysql(pool.promise()),
  mysql2: mysql,
  'pg pool': postgres,
  sql: postgres,
  ioredis: redis,
  'node-redis': redis,
  pings: redis,
};

/** What a wait accepts. */
export const target: OptionRule = {
  expected: 'a URL (postgres:, mysql:, redis:, mongodb:), a database client or a Check',
  accepts: (thing) => isCheck(thing) || kindOf(thing) !== undefined,
  show: showClient,
};

/** The check that proves a target with a query. @throws {LifecycleError} `invalid-options` for what is no target */
export function checkOf(given: Target): Check {
  readOptions(
    { targets: given },
    { targets: option.required(target) },
    {},
    refuse('reading what to wait for'),
  );
  if (isCheck(given)) return given;
  const kind = kindOf(given) as ClientKind;
  return CHECKS[kind](kind.endsWith(' url') ? String(given) : given);
}

const isCheck = (thing: unknown): thing is Check =>
  typeof Object(thing).name === 'string' && typeof Object(thing).run === 'function';
