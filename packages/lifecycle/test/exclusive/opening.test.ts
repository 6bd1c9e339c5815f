import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { FakeClock } from '@cutover/testing';
import { describe, expect, it, vi } from 'vitest';
import { holdExclusively } from '../../src/exclusive/exclusive.ts';
import { LOCK_OPEN_TIMEOUT } from '../../src/exclusive/options.ts';
import type { LockStore } from '../../src/exclusive/store.ts';
import { runProgram } from '../programs.ts';
import { gate, serve } from '../serving.ts';
import { FakeRedis } from './fake-redis.ts';

/** Accepts, and says nothing, ever. */
async function silentServer() {
  // Reads, since an unread socket does not notice its end.
  const { server, port } = await serve(createServer((socket) => void socket.resume().on('error', () => {})));
  const connected = once(server, 'connection');
  const closed = connected.then(([socket]) => once(socket as Socket, 'close'));
  return { port, connected, closed };
}

/** A pool all of whose connections are in use; `lend` gives one back. */
function exhaustedPool(query: () => Promise<never> = () => Promise.reject(new Error('asked'))) {
  const { open: lend, opened } = gate();
  const client = { query, on: vi.fn(), off: vi.fn(), release: vi.fn() };
  const connect = () => opened.then(() => client);
  const pool = { query: () => {}, connect, totalCount: 3, idleCount: 0, waitingCount: 1 };
  return { pool: pool as unknown as LockStore, client, lend };
}

function hold(store: LockStore, options: { signal?: AbortSignal; timeout?: number } = {}) {
  const clock = new FakeClock();
  const held = holdExclusively(
    'cron',
    { store, timeout: Number.POSITIVE_INFINITY, ...options },
    () => {},
    clock,
  );
  held.catch(() => {});
  return { clock, held };
}

const PROTOCOLS = ['postgres', 'redis', 'rediss'];

describe('exclusive, while its store is opened', () => {
  it.each(PROTOCOLS)(
    'gives up on a silent %s server at its limit, and closes the connection',
    async (protocol) => {
      const { port, connected, closed } = await silentServer();
      const { clock, held } = hold(`${protocol}://user:secret@127.0.0.1:${port}/0`);
      await connected;
      await clock.advance(LOCK_OPEN_TIMEOUT);
      const error = await held.catch((thrown) => thrown);
      expect(error).toMatchObject({ code: 'store-failed' });
      expect(error.message).toContain(`no answer within ${LOCK_OPEN_TIMEOUT} ms`);
      expect(error.message).not.toContain('secret');
      await closed;
    },
  );

  it.each(PROTOCOLS)(
    'ends at once with its signal at a silent %s server, and closes the connection',
    async (protocol) => {
      const { port, connected, closed } = await silentServer();
      const controller = new AbortController();
      const { held } = hold(`${protocol}://127.0.0.1:${port}/0`, { signal: controller.signal });
      await connected;
      controller.abort(new Error('shutting down'));
      await expect(held).rejects.toThrow('shutting down');
      await closed;
    },
  );

  it('says of an exhausted pool that it is one, at its limit', async () => {
    const { pool } = exhaustedPool();
    const { clock, held } = hold(pool);
    await clock.advance(LOCK_OPEN_TIMEOUT);
    await expect(held).rejects.toMatchObject({
      code: 'store-failed',
      message: expect.stringMatching(/all 3 connections of the pool are in use.*Fix: raise its max/),
    });
  });

  it('ends at once with its signal at an exhausted pool, and gives back what it is lent too late', async () => {
    const { pool, client, lend } = exhaustedPool();
    const controller = new AbortController();
    const { held } = hold(pool, { signal: controller.signal });
    controller.abort(new Error('shutting down'));
    await expect(held).rejects.toThrow('shutting down');
    lend();
    await expect.poll(() => client.release.mock.calls).toEqual([[]]);
  });

  it('takes a connection that answers nothing out of the pool', async () => {
    const { pool, client, lend } = exhaustedPool(() => new Promise(() => {}));
    lend();
    const { clock, held } = hold(pool);
    await clock.advance(LOCK_OPEN_TIMEOUT);
    await expect(held).rejects.toMatchObject({ code: 'store-failed' });
    expect(client.release.mock.calls).toEqual([[true]]);
  });

  it('leaves nothing behind that holds the process', async () => {
    const { port } = await silentServer();
    const program = runProgram(
      `const { exclusive } = await import(process.env.LIFECYCLE);
       const stores = ['postgres', 'redis', 'rediss'].flatMap((name) => [name + '://127.0.0.1:${port}/0', name + '://127.0.0.1:1/0']);
       for (const store of stores) {
         const controller = new AbortController();
         setTimeout(() => controller.abort(new Error('over')), 100);
         await exclusive('cron', { store, signal: controller.signal }, () => {}).catch(() => {});
       }
       console.log('done');`,
    );
    await program.prints('done');
    expect(await program.ended).toEqual({ code: 0, signal: null });
  });
});

describe('exclusive, when its job is done', () => {
  it('does not wait for a store that has fallen silent longer than it takes to give the lock back', async () => {
    const clock = new FakeClock();
    const store = new FakeRedis(clock);
    const { open: end, opened } = gate();
    const onEvent = vi.fn();
    const held = holdExclusively('cron', { store, lease: 30_000, onEvent }, () => opened, clock);
    await clock.advance(1);
    store.silent = true;
    // A renewal is under way.
    await clock.advance(10_000);
    end();
    await clock.advance(1_000);
    await held;
    expect(onEvent).not.toHaveBeenCalledWith(expect.objectContaining({ type: 'lost' }));
  });
});
