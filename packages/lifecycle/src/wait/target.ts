import type { Check } from '@cutover/healthcheck';
import { type ClientKind, kindOf, showClient } from '../client-kind.ts';
import type { refuse } from '../errors.ts';
import { mongoCheck } from './mongo.ts';

type Ask = (...args: never[]) => unknown;

/** A target to wait for; clients are recognised by their methods. */
export type Target =
  | string
  | URL
  /** TLS verified with your own certificate authority: its certificates, PEM. */
  | { url: string | URL; ca: string }
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
type FromTarget = (target: any, tls?: { ca: string }) => Check;
const postgres: FromTarget = (target, tls) =>
  lazily('postgres', (checks) => checks.postgresCheck(target, tls));
const mysql: FromTarget = (target, tls) => lazily('mysql', (checks) => checks.mysqlCheck(target, tls));
const redis: FromTarget = (target, tls) => lazily('redis', (checks) => checks.redisCheck(target, tls));
const prisma: FromTarget = (target) => lazily('prisma', (checks) => checks.prismaCheck(target));

const SQL = 'SELECT 1';

/** A query that cannot be cancelled: no second one is sent while one has no answer. */
const asked = (name: string, ask: () => unknown): Check =>
  lazily(name, (checks) => checks.customCheck(name, ask));

const CHECKS: Readonly<Record<ClientKind, FromTarget>> = {
  'postgres url': postgres,
  'mysql url': mysql,
  'redis url': redis,
  'mongodb url': mongoCheck,
  prisma,
  'postgres.js': (sql) => asked('postgres', () => sql.unsafe(SQL)),
  knex: (knex) => asked('knex', () => knex.raw(SQL)),
  // Its callback flavour hides the promises behind a method.
  'mysql2 callbacks': (pool) => mysql(pool.promise()),
  mysql2: mysql,
  'pg pool': postgres,
  sql: postgres,
  ioredis: redis,
  'node-redis': redis,
  pings: redis,
};

const TARGET = 'a URL (postgres:, mysql:, redis:, mongodb:), a database client or a Check';

/**
 * The targets of the option `name`, one or a list. One that is `undefined`, as an environment variable may be, is not
 * left out.
 * @throws the error of `refused` for the first invalid target, with its position
 */
export function readTargets(
  given: Target | undefined | readonly (Target | undefined)[],
  name: string,
  refused: ReturnType<typeof refuse>,
): readonly Target[] {
  const isList = Array.isArray(given);
  const targets: readonly unknown[] = isList ? given : [given];
  const wrong = targets.findIndex((thing) => !isTarget(thing));
  if (wrong === -1) return targets as readonly Target[];
  const place = isList ? `${name}[${wrong}]` : name;
  throw refused({ name: place, found: show(targets[wrong]), wanted: TARGET });
}

const isTarget = (thing: unknown): boolean =>
  isCheck(thing) || kindOf(withCa(thing)?.url ?? thing) !== undefined;

function show(thing: unknown): string {
  if (thing === undefined || thing === null) return 'not set (is its environment variable?)';
  return typeof thing === 'string' && thing.trim() === ''
    ? 'empty (has its environment variable a value?)'
    : showClient(withCa(thing)?.url ?? thing);
}

/**
 * The check that proves a target with a query. @throws {LifecycleError} `invalid-options` for anything that is not a
 * target
 */
export function checkOf(given: Target): Check {
  if (isCheck(given)) return given;
  const { url = given, ca } = withCa(given) ?? {};
  const kind = kindOf(url) as ClientKind;
  return CHECKS[kind](kind.endsWith(' url') ? String(url) : url, ca === undefined ? undefined : { ca });
}

const isCheck = (thing: unknown): thing is Check =>
  typeof Object(thing).name === 'string' && typeof Object(thing).run === 'function';

function withCa(thing: unknown): { url: string | URL; ca: string } | undefined {
  const { url, ca } = Object(thing) as { url?: unknown; ca?: unknown };
  const isUrl = typeof url === 'string' || url instanceof URL;
  return isUrl && typeof ca === 'string' ? { url, ca } : undefined;
}
