import { redactUrl } from '@cutover/internal';

/**
 * The known databases, by the protocol of a URL or by the methods of a client. Each kind of client is queried in its
 * own way: `sql` has a `query`, `pings` only a `ping`.
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

/** Clients that are functions, called with a query. */
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

// The order matters: Prisma has every method, mysql2 has `ping` and `query`, ioredis `sendCommand` and `call`.
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

/** The protocol of a URL, also of URLs that `new URL` refuses: several hosts, a socket's folder. */
const protocolOf = (url: string): string | undefined =>
  /^\s*([a-z][a-z0-9+.-]*:)\/\//i.exec(url)?.[1]?.toLowerCase();

/** The kind of a URL or client, undefined for anything else. */
export function kindOf(thing: unknown): ClientKind | undefined {
  if (typeof thing === 'string' || thing instanceof URL) {
    return PROTOCOLS[protocolOf(String(thing)) ?? ''];
  }
  const methods = Object(thing);
  const [kind] = METHODS.find(([, ...names]) => names.every((n) => typeof methods[n] === 'function')) ?? [];
  // Every function has a method `call`, as ioredis has.
  if (typeof thing === 'function' && !CALLABLE.includes(kind as ClientKind)) return undefined;
  // A single pg client also has a `connect`, which returns no other client.
  const isPool = kind === 'sql' && typeof methods.connect === 'function' && 'totalCount' in methods;
  return isPool ? 'pg pool' : kind;
}

/** A description that is safe for an error: an invalid URL may contain a password. */
export function showClient(thing: unknown): string {
  if (typeof thing === 'function') return 'a function';
  if (thing instanceof Promise) return 'a promise, of which the client is yet to be awaited';
  if (typeof thing !== 'string' && !(thing instanceof URL)) return 'something that is neither';
  return URL.canParse(String(thing)) ? `the URL ${redactUrl(thing)}` : 'a text that is no URL';
}
