import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { option, readOptions } from '@cutover/internal';
import type { Check } from '../check.ts';
import { HealthcheckError, refuseOption } from '../errors.ts';
import { type DatabaseUrl, readDatabaseUrl } from './database-url.ts';
import { defineCheck } from './define-check.ts';
import { requireMethods } from './require-methods.ts';
import { singleFlight } from './single-flight.ts';
import { withResource } from './with-resource.ts';

/** The needed part of a client: `ioredis`, `redis` (node-redis), `@valkey/valkey-glide`. */
export interface RedisClient {
  ping(): Promise<unknown>;
}

export interface RedisCheckOptions {
  /** Default `redis`. */
  name?: string;
  /** Certificates to trust in place of Node's own, PEM; for a `rediss:` URL. */
  ca?: string;
}

/** A server that answers PING with more than this is not Redis. */
const ANSWER_LIMIT = 4096;

/**
 * Redis answers a PING. With a URL (`redis:`, `rediss:`, also of Valkey or KeyDB) one connection per run is opened; the
 * four needed commands are implemented here, so no driver is needed.
 * @throws {HealthcheckError} as {@link postgresCheck}; a Redis that still loads its data is `not-ready`.
 */
export function redisCheck(target: string | RedisClient, options: RedisCheckOptions = {}): Check {
  const refuse = refuseOption('redisCheck');
  const rules = { name: option.text, ca: option.text };
  const { name, ca } = readOptions(options, rules, { name: 'redis' }, refuse);
  if (typeof target !== 'string') {
    requireMethods('redisCheck', target, 'ping');
    const run = singleFlight(async () => expectPong('asking Redis', await target.ping()));
    return defineCheck({ name, doing: 'asking Redis', run });
  }
  const url = readDatabaseUrl('redisCheck', target, { schemes: ['redis:', 'rediss:'] });
  if (ca && url.protocol === 'redis:') {
    throw refuse({ name: 'ca', found: 'certificates for a URL without TLS', wanted: 'a rediss: URL' });
  }
  const doing = `asking ${url.shown}`;
  return defineCheck({
    name,
    doing,
    secrets: url.secrets,
    run: (signal) => viaUrl(url, { doing, ca }, signal),
  });
}

function expectPong(doing: string, answer: unknown): void {
  if (String(answer).toUpperCase() === 'PONG') return;
  throw new HealthcheckError('bad-answer', { doing, found: 'another answer to PING', wanted: 'PONG' });
}

async function viaUrl(
  url: DatabaseUrl,
  { doing, ca }: { doing: string; ca: string | undefined },
  signal: AbortSignal,
): Promise<void> {
  const open = url.protocol === 'rediss:' ? await secureConnect(url, ca) : () => connectTcp(addressOf(url));
  const commands = commandsOf(url);
  const last = await withResource<string>(signal, ({ resolve, reject }) => {
    const socket = open();
    let said = '';
    socket.on(url.protocol === 'rediss:' ? 'secureConnect' : 'connect', () => {
      socket.write(commands.map(encodeCommand).join(''));
    });
    socket.on('data', (data) => {
      said += data.toString('utf8');
      const lines = said.split('\r\n').slice(0, -1);
      const error = lines.find((line) => line.startsWith('-'));
      if (error) reject(redisError(error.slice(1)));
      else if (lines.length >= commands.length) resolve(lines[commands.length - 1] ?? '');
      else if (said.length > ANSWER_LIMIT) resolve('');
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('it closed the connection without an answer')));
    return () => socket.destroy();
  });
  expectPong(doing, last.replace(/^\+/, ''));
}

const addressOf = ({ hosts: [{ host, port }] }: DatabaseUrl) => ({
  host: host || '127.0.0.1',
  port: port ?? 6379,
});

async function secureConnect(url: DatabaseUrl, ca: string | undefined): Promise<() => Socket> {
  const { connect } = await import('node:tls');
  const address = addressOf(url);
  // An IP address is not a server name; Node would warn.
  const servername = isIP(address.host) ? '' : address.host;
  return () => connect({ ...address, servername, ...(ca && { ca }) });
}

function commandsOf({ user, password, params, ...url }: DatabaseUrl): string[][] {
  const database = url.database || params.get('db');
  return [
    ...(password ? [['AUTH', ...(user && user !== 'default' ? [user] : []), password]] : []),
    ...(database ? [['SELECT', database]] : []),
    ['PING'],
  ];
}

const encodeCommand = (words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;

/** The first word of a Redis error is its kind. */
const redisError = (line: string): Error => Object.assign(new Error(line), { code: line.split(' ', 1)[0] });
