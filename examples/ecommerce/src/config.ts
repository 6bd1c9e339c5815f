import { hostname } from 'node:os';

const required = (name: string): string => {
  const value = process.env[name];
  if (!value)
    throw new Error(
      `reading the configuration: ${name} is not set. Fix: run "tsx setup.ts" and use compose.yaml`,
    );
  return value;
};

/** What a process of the shop needs to know, read once from its environment. */
export const config = {
  get databaseUrl() {
    return required('DATABASE_URL');
  },
  get redisUrl() {
    return required('REDIS_URL');
  },
  /** Baked into the image. */
  version: process.env.VERSION ?? '0.0.0',
  /** `blue` or `green`; empty outside the slots. */
  slot: process.env.SLOT ?? '',
  /** The container: Docker makes its short id the host name. */
  container: hostname(),
  port: Number(process.env.PORT ?? 3001),
  /** `never-ready` or `fails-some`, in the images whose deployments the demo expects to fail. */
  fault: process.env.FAULT ?? '',
  /** A line for every visitor, such as an offer; empty for none. */
  notice: process.env.SHOP_NOTICE ?? '',
  /** A Temporal worker runs beside the queue's when this is set. */
  temporalAddress: process.env.TEMPORAL_ADDRESS ?? '',
};

/** Headers that say which version, slot and container has answered. */
export const identity = {
  'x-version': config.version,
  'x-slot': config.slot,
  'x-instance': config.container,
};
