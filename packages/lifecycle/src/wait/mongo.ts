import type { Check } from '@cutover/healthcheck';
import { LifecycleError } from '../errors.ts';

interface MongoDriver {
  MongoClient: new (
    url: string,
    options: object,
  ) => { db(): { command(command: object): Promise<unknown> }; close(force?: boolean): Promise<void> };
}

/** Pings a MongoDB through its driver, which is loaded when first needed. */
export const mongoCheck = (url: string, tls?: { ca: string }): Check => ({
  name: 'mongodb',
  run: async ({ signal }) => {
    const { MongoClient } = await loadDriver();
    signal.throwIfAborted();
    const client = new MongoClient(url, {
      serverSelectionTimeoutMS: 1_000,
      ...(tls && { tls: true, ...tls }),
    });
    const close = () => void client.close(true).catch(() => {});
    signal.addEventListener('abort', close, { once: true });
    try {
      await client.db().command({ ping: 1 });
    } finally {
      signal.removeEventListener('abort', close);
      close();
    }
  },
});

async function loadDriver(): Promise<MongoDriver> {
  // A name in a variable: the driver is no dependency of ours, not even for types.
  const driver = 'mongodb';
  try {
    return (await import(driver)) as MongoDriver;
  } catch (cause) {
    const explanation = {
      doing: 'waiting for MongoDB',
      found: `the package ${driver} is not installed`,
      fix: `npm install ${driver}, or pass a Check of your own`,
    };
    throw Object.assign(new LifecycleError('driver-missing', explanation, { cause }), { permanent: true });
  }
}
