import { type Check, createHealth, type Health, prismaCheck, redisCheck } from '@cutover/healthcheck';
import { config } from '../config.ts';
import type { Shop } from './routes.ts';

/**
 * /health, /health/live and /health/ready. Ready says 503 as soon as `shutdown` aborts. The database is no part of
 * it: when it fails it fails for both slots, and taking both out of rotation would not help.
 */
export const shopHealth = ({ database, redis }: Shop, shutdown: AbortSignal): Health =>
  createHealth({ ready: [builtRight], deep: [prismaCheck(database), redisCheck(redis)], shutdown });

/** Fails in the image whose deployment the demo expects to fail: it starts but never becomes ready. */
const builtRight: Check = {
  name: 'build',
  run: async () => {
    if (config.fault === 'never-ready') throw new Error('this image was built with FAULT=never-ready');
  },
};
