import { redactUrl } from '@cutover/internal';

/**
 * What is known of databases, by the protocol of a URL or by the methods of a client. The kinds of clients are those
 * that are asked differently: `sql` has a `query`, `pings` only a `ping`.
 */
export type ClientKind =
  | 'postgres url'
  | 'mysql url'
  | 'redis url'
  | 'mongodb url'
  | 'prisma'
  | 'postgres.js'
  | 'knex'
  | 'mysql2 callbacks'
  | 'mysql2'
  | 'pg pool'
  | 'sql'
  | 'ioredis'
  | 'node-redis'
  | 'pings';

/** Those that are functions themselves, called with a query. */
const CALLABLE: readonly ClientKind[] = ['postgres.js', 'knex'];

const PROTOCOLS: Readonly<Record<string, ClientKind>> = {
  'postgres:': 'postgres url',
  'postgresql:': 'postgres url',
  'mysql:': 'mysql url',
  'mariadb:': 'mysql url',
  'redis:': 'redis url',
  'rediss:': 'redis url',
  'mongodb:': 'mongodb url',
  'mongodb+srv:': 'mongodb url',
};

// The order matters: Prisma has anything one asks for, mysql2 has `ping` beside `query`, ioredis `sendCommand` beside `call`.
const METHODS: readonly (readonly [ClientKind, ...string[]])[] = [
  ['prisma', '$queryRaw'],
  ['postgres.js', 'unsafe'],
  ['knex', 'raw'],
  ['mysql2 callbacks', 'promise', 'query'],
  ['mysql2', 'execute', 'query'],
  ['sql', 'query'],
  ['ioredis', 'call'],
  ['node-redis', 'sendCommand'],
  ['pings', 'ping'],
];

/** The protocol of a URL, also of those that are more than `new URL` takes: several hosts, a socket's folder. */
const protocolOf = (url: string): string | undefined =>
  /^\s*([a-z][a-z0-9+.-]*:)\/\//i.exec(url)?.[1]?.toLowerCase();

/** What a URL or a client is, undefined for anything else. */
export function kindOf(thing: unknown): ClientKind | undefined {
  if (typeof thing === 'string' || thing instanceof URL) {
    return PROTOCOLS[protocolOf(String(thing)) ?? ''];
  }
  const methods = Object(thing);
  const [kind] = METHODS.find(([, ...names]) => names.every((n) => typeof methods[n] === 'function')) ?? [];
  // Every function has a method `call`, as ioredis has.
  if (typeof thing === 'function' && !CALLABLE.includes(kind as ClientKind)) return undefined;
  // A single client of pg has a `connect` as well, which gives no other.
  const isPool = kind === 'sql' && typeof methods.connect === 'function' && 'totalCount' in methods;
  return isPool ? 'pg pool' : kind;
}

/** As an error may show it: a mistaken URL, or what was taken for one, may hold a password. */
export function showClient(thing: unknown): string {
  if (typeof thing === 'function') return 'a function';
  if (thing instanceof Promise) return 'a promise, of which the client is yet to be awaited';
  if (typeof thing !== 'string' && !(thing instanceof URL)) return 'something that is neither';
  return URL.canParse(String(thing)) ? `the URL ${redactUrl(thing)}` : 'a text that is no URL';
}
