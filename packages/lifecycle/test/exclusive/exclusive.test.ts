import { FakeClock } from '@cutover/testing';
import { Redis } from 'ioredis';
import { describe, expect, it, vi } from 'vitest';
import { exclusive, holdExclusively } from '../../src/exclusive/exclusive.ts';
import type { ExclusiveContext, ExclusiveOptions } from '../../src/exclusive/options.ts';
import { gate } from '../serving.ts';
import { FakeRedis } from './fake-redis.ts';

const LEASE = 3_000;

function world() {
  const clock = new FakeClock();
  const store = new FakeRedis(clock);
  const hold = <T>(
    run: (context: ExclusiveContext) => Promise<T> | T,
    options: Partial<ExclusiveOptions> = {},
  ) => {
    const held = holdExclusively('cron', { store, lease: LEASE, ...options }, run, clock);
    held.catch(() => {});
    return held;
  };
  return { clock, store, hold };
}

/** A job that runs until told, and says what its signal said. */
function job() {
  const { open: end, opened } = gate();
  const aborted = vi.fn();
  let running = 0;
  const run = async ({ signal }: ExclusiveContext) => {
    running++;
    signal.addEventListener('abort', () => aborted(signal.reason));
    await opened;
    running--;
  };
  return {
    run,
    end,
    aborted,
    get running() {
      return running;
    },
  };
}

describe('exclusive', () => {
  it('runs the job with a token and gives the lock back', async () => {
    const { hold, store } = world();
    expect(await hold(({ token }) => `${token} ${store.holder !== undefined}`)).toBe('1 true');
    expect(store.holder).toBeUndefined();
  });

  it('gives the lock back when the job throws, and throws the same', async () => {
    const { hold, store } = world();
    await expect(hold(() => Promise.reject(new Error('job')))).rejects.toThrow('job');
    expect(store.holder).toBeUndefined();
  });

  it('lets a second holder in only after the first, with a higher token', async () => {
    const { hold, clock } = world();
    const first = job();
    const tokens: bigint[] = [];
    const held = hold(async (context) => {
      tokens.push(context.token);
      await first.run(context);
    });
    const next = hold(({ token }) => tokens.push(token));
    await clock.advance(10_000);
    expect(tokens).toEqual([1n]);
    first.end();
    await held;
    await clock.advance(1_000);
    await next;
    expect(tokens).toEqual([1n, 2n]);
  });

  it('keeps the lock for as long as the job runs, far beyond the lease', async () => {
    const { hold, clock, store } = world();
    const { run, end, aborted } = job();
    const held = hold(run);
    await clock.advance(20 * LEASE);
    expect(store.holder).toBeDefined();
    end();
    await held;
    expect(aborted).not.toHaveBeenCalled();
  });

  it('gives up after its timeout', async () => {
    const { hold, clock } = world();
    void hold(job().run);
    await clock.advance(1);
    const second = hold(job().run, { timeout: 1_000 });
    await clock.advance(1_000);
    await expect(second).rejects.toMatchObject({
      code: 'lock-held',
      message: expect.stringContaining('another holder, for 1000 ms'),
    });
  });

  it('tries once with a timeout of 0', async () => {
    const { hold, clock } = world();
    void hold(job().run);
    await clock.advance(1);
    await expect(hold(job().run, { timeout: 0 })).rejects.toMatchObject({ code: 'lock-held' });
  });

  it('ends the wait for the lock at once with its signal', async () => {
    const { hold, clock } = world();
    void hold(job().run);
    await clock.advance(1);
    const controller = new AbortController();
    const second = hold(job().run, { signal: controller.signal });
    await clock.advance(1);
    controller.abort(new Error('shutting down'));
    await expect(second).rejects.toThrow('shutting down');
  });

  it('aborts the job when another has taken the lock', async () => {
    const { hold, clock, store } = world();
    const { run, end, aborted } = job();
    const held = hold(run);
    await clock.advance(1);
    store.steal();
    await clock.advance(LEASE / 3);
    expect(aborted).toHaveBeenCalledWith(expect.objectContaining({ code: 'lock-lost' }));
    end();
    await expect(held).rejects.toMatchObject({ code: 'lock-lost' });
    expect(store.holder).toBe('thief');
  });

  it('aborts the job of a silent store before the lease can have ended', async () => {
    const { hold, clock, store } = world();
    const { run, end, aborted } = job();
    const held = hold(run);
    await clock.advance(1);
    store.silent = true;
    await clock.advance(LEASE * 0.95 - 2);
    expect(aborted).not.toHaveBeenCalled();
    await clock.advance(1);
    expect(aborted).toHaveBeenCalledOnce();
    expect(store.holder).toBeDefined();
    end();
    await clock.advance(1_000);
    await expect(held).rejects.toMatchObject({ code: 'lock-lost' });
  });

  it('settles only after the job has, although the lock is lost', async () => {
    const { hold, clock, store } = world();
    const slow = job();
    const settled = vi.fn();
    const held = hold(slow.run).finally(settled);
    held.catch(() => {});
    await clock.advance(1);
    store.steal();
    await clock.advance(10 * LEASE);
    expect(settled).not.toHaveBeenCalled();
    expect(slow.running).toBe(1);
    slow.end();
    await expect(held).rejects.toMatchObject({ code: 'lock-lost' });
  });

  it("aborts the job with the caller's signal, and rejects with what the job makes of it", async () => {
    const { hold, clock } = world();
    const controller = new AbortController();
    const held = hold(
      ({ signal }) =>
        new Promise((resolve) => void signal.addEventListener('abort', () => resolve('stopped'))),
      { signal: controller.signal },
    );
    await clock.advance(1);
    controller.abort();
    expect(await held).toBe('stopped');
  });

  it('tells of waiting, holding, losing and leaving', async () => {
    const { hold, clock, store } = world();
    const types: string[] = [];
    const first = job();
    const held = hold(first.run);
    await clock.advance(1);
    const second = job();
    const next = hold(second.run, { onEvent: ({ type }) => types.push(type) });
    await clock.advance(1);
    first.end();
    await held;
    await clock.advance(LEASE);
    store.steal();
    await clock.advance(LEASE);
    second.end();
    await expect(next).rejects.toThrow();
    expect(types).toEqual(['waiting', 'held', 'lost', 'released']);
  });

  it.each([
    [{}, 'invalid-options', 'something that is neither'],
    [() => {}, 'invalid-options', 'a function'],
    [Redis, 'invalid-options', 'a function'],
    [Promise.resolve(new FakeRedis(new FakeClock())), 'invalid-options', 'a promise'],
    [{ query: () => {} }, 'invalid-options', 'something that is neither'],
    ['redis-sentinel://user:secret@host/x', 'invalid-options', 'the URL redis-sentinel://host/x'],
    ['mysql://user:secret@host/x', 'invalid-options', 'the URL mysql://host/x'],
    ['postgres://user:secret@127.0.0.1:1/x', 'store-failed', 'ECONNREFUSED'],
    ['redis://user:secret@127.0.0.1:1', 'store-failed', 'ECONNREFUSED'],
    ['rediss://user:secret@127.0.0.1:1', 'store-failed', 'ECONNREFUSED'],
  ])('says of the store %o what is wrong, without its password', async (store, code, found) => {
    const error = await exclusive('cron', { store: store as never }, () => {}).catch((thrown) => thrown);
    expect(error).toMatchObject({ code });
    expect(String(error).toLowerCase()).toContain(found.toLowerCase());
    expect(String(error)).not.toContain('secret');
  });

  it.each([
    [{ lease: 10 }, 'option lease is 10; wanted milliseconds, 300 or more'],
    [{ timeout: '1s' }, "option timeout is '1s'"],
    [{ ttl: 1 }, 'option ttl is an option of that name'],
  ])('refuses %j at the call', async (options, message) => {
    const { hold } = world();
    await expect(hold(() => {}, options as never)).rejects.toThrow(message);
  });
});
