import type { Check } from '@cutover/healthcheck';
import { loadDriver } from '@cutover/internal';
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
    const { MongoClient } = await loadMongo();
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

function loadMongo(): Promise<MongoDriver> {
  // The name is in a variable: the driver is not a dependency, not even for types.
  const driver = 'mongodb';
  return loadDriver(
    { driver, doing: 'waiting for MongoDB', instead: 'your own Check' },
    () => import(driver) as Promise<MongoDriver>,
    (explanation, cause) =>
      Object.assign(new LifecycleError('driver-missing', explanation, { cause }), { permanent: true }),
  );
}
