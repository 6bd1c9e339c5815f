import { startRedis, type TestServer, uniqueName } from '@cutover/testing';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { close } from './close.ts';

/** Not an answer, and nothing to fail a test for. */
const ignored = () => {};

/** One client of each library, and what they do in its words. */
const LIBRARIES = {
  ioredis: {
    make(url: string, options: object = {}) {
      const client = new Redis(url, { lazyConnect: true, ...options });
      client.on('error', ignored);
      onTestFinished(() => client.disconnect());
      return client;
    },
    brpop: (client: Redis, key: string) => client.brpop(key, 0),
    isClosed: (client: Redis) => client.status === 'end',
    leave: (client: Redis) => client.quit(),
  },
  'node-redis': {
    make(url: string) {
      const client = createClient({ url });
      client.on('error', ignored);
      onTestFinished(() => {
        if (client.isOpen) client.destroy();
      });
      return client;
    },
    brpop: (client: ReturnType<typeof createClient>, key: string) => client.brPop(key, 0),
    isClosed: (client: ReturnType<typeof createClient>) => !client.isOpen,
    leave: (client: ReturnType<typeof createClient>) => client.close(),
  },
};

let store: TestServer;
beforeAll(async () => {
  store = await startRedis();
});
afterAll(() => store[Symbol.asyncDispose]());

describe.each(['ioredis', 'node-redis'] as const)('Shutdown.add with a client of %s', (name) => {
  const library = LIBRARIES[name] as (typeof LIBRARIES)['ioredis'];
  const connected = async () => {
    const client = library.make(store.url());
    await client.connect();
    return client;
  };

  it('lets the replies arrive that are under way', async () => {
    const client = await connected();
    const key = uniqueName('key');
    const replies = Promise.all(Array.from({ length: 200 }, () => client.incr(key)));
    expect(await close(client)).toMatchObject({ outcome: 'done', phase: 'close' });
    expect((await replies).at(-1)).toBe(200);
    await expect.poll(() => library.isClosed(client)).toBe(true);
  });

  it('disconnects one that waits in BRPOP, well before the deadline', async () => {
    const client = await connected();
    const waiting = library.brpop(client, uniqueName('list')).catch(() => 'disconnected');
    const step = await close(client);
    expect(step).toMatchObject({ outcome: 'done' });
    expect(step?.duration).toBeLessThan(2_000);
    expect(await waiting).toBe('disconnected');
    await expect.poll(() => library.isClosed(client)).toBe(true);
  });

  it('is done with one that is closed already', async () => {
    const client = await connected();
    await library.leave(client);
    expect(await close(client)).toMatchObject({ outcome: 'done' });
  });

  it('is done with one that never connected, and opens no connection for that', async () => {
    const client = library.make(store.url());
    expect(await close(client)).toMatchObject({ outcome: 'done' });
    expect(library.isClosed(client)).toBe(true);
  });

  it('is done with one that nothing answers', async () => {
    const client = library.make('redis://127.0.0.1:1');
    client.connect().catch(ignored);
    expect(await close(client)).toMatchObject({ outcome: 'done' });
    await expect.poll(() => library.isClosed(client)).toBe(true);
  });

  it('is done with a subscriber', async () => {
    const client = await connected();
    await client.subscribe(uniqueName('channel'), ignored);
    expect(await close(client)).toMatchObject({ outcome: 'done' });
  });
});

describe.each(['ioredis', 'node-redis'] as const)('Shutdown.add with a client of %s', (name) => {
  it('does not call it done when Redis is silent, since its command may be lost', async () => {
    const silent = await startRedis();
    onTestFinished(() => silent[Symbol.asyncDispose]());
    const client = LIBRARIES[name].make(silent.url()) as Redis;
    await client.connect();
    await silent.pause();
    client.set('key', 'value').catch(ignored);
    const step = await close(client);
    expect(step).toMatchObject({ outcome: 'failed', note: expect.stringContaining('commands may be lost') });
    expect(step?.duration).toBeLessThan(3_500);
  });
});
