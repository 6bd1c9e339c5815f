import { Redis } from 'ioredis';
import { config } from './config.ts';

/** A Redis client. BullMQ requires `maxRetriesPerRequest: null` for a worker, whose reads block. */
export const createRedis = ({ blocking = false } = {}): Redis => {
  const redis = new Redis(config.redisUrl, { maxRetriesPerRequest: blocking ? null : 3 });
  // ioredis reconnects by itself; without a listener each attempt would be printed with its stack.
  redis.on('error', (error: Error) => console.error(`redis: ${error.message}`));
  return redis;
};
