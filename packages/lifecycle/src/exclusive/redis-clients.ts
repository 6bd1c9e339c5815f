import { importDriver } from './driver.ts';
import type { RedisScripts } from './redis-lease.ts';
import { untilOpen } from './until-open.ts';

/** The needed part of ioredis: `Redis`, with `sentinels` as well, or `Cluster`. */
export interface IoredisClient {
  call(command: string, ...args: string[]): Promise<unknown>;
}

/** The needed part of node-redis: `createClient`, `createClientPool`, `createCluster` and `createSentinel`. */
export interface NodeRedisClient {
  sendCommand(...args: never[]): Promise<unknown>;
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

export const ioredisScripts = (client: IoredisClient): RedisScripts => ({
  run: (script, keys, args) => client.call('EVAL', script, String(keys.length), ...keys, ...args),
});

// Not sendCommand: its arguments differ between the kinds of clients.
export const nodeRedisScripts = (client: NodeRedisClient): RedisScripts => ({
  run: (script, keys, args) => client.eval(script, { keys, arguments: args }),
});

/** A new connection, through ioredis. */
export async function redisFromUrl(url: string, signal: AbortSignal): Promise<RedisScripts> {
  const { Redis } = await importDriver('ioredis', () => import('ioredis'));
  const client = new Redis(url, { maxRetriesPerRequest: 1, connectTimeout: 5_000, lazyConnect: true });
  let said: unknown;
  client.on('error', (error) => {
    said = error;
  });
  const close = () => client.disconnect();
  // It rejects with "Connection is closed", whatever the reason, and keeps retrying unless it is ended.
  const connect = () => client.connect().catch((error) => Promise.reject(said ?? error));
  await untilOpen(signal, connect, close);
  return { ...ioredisScripts(client), close };
}
