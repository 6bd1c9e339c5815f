import { type Check, createHealth, type Health, postgresCheck, redisCheck } from '@cutover/healthcheck';
import { config } from '../config.ts';
import type { Shop } from './routes.ts';

/** /health, /health/live, /health/ready. Ready turns 503 as soon as the process is told to stop. */
export const shopHealth = ({ database, redis }: Shop, readiness: Check): Health =>
  createHealth({
    ready: [readiness, faultCheck],
    deep: [prismaCheck(database), redisCheck(redis)],
  });

/** The demo's broken version: an image that starts well and never becomes ready. */
const faultCheck: Check = {
  name: 'configuration',
  run: async () => {
    if (config.fault === 'never-ready') throw new Error('this image was built with FAULT=never-ready');
  },
};
