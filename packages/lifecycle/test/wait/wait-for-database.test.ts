import { EventEmitter } from 'node:events';
import { createServer } from 'node:net';
import { FakeClock } from '@cutover/testing';
import { describe, expect, it, vi } from 'vitest';
import type { Attempt } from '../../src/wait/attempts.ts';
import type { Target } from '../../src/wait/target.ts';
import { type WaitOptions, waitForDatabase, waitWith } from '../../src/wait/wait-for-database.ts';
import { serve } from '../serving.ts';

const notYet = new Error('ECONNREFUSED');
const never = Object.assign(new Error('28P01: password authentication failed'), { permanent: true });

/** A wait whose time the test moves. */
function waiting(targets: Target | readonly Target[], options: WaitOptions = {}) {
  const clock = new FakeClock();
  const host = new EventEmitter();
  const result = waitWith(targets, options, { clock, random: () => 0.5, host });
  result.catch(() => {});
  return { clock, host, result };
}

/** A check that is good from `at` on, by its own count of attempts. */
const goodFrom = (at: number, error: unknown = notYet) => {
  let attempts = 0;
  return {
    name: 'db',
    run: vi.fn(async () => {
      if (++attempts < at) throw error;
    }),
  };
};

describe('waitForDatabase', () => {
  it('resolves at the first good answer', async () => {
    const { result, clock } = waiting(goodFrom(1));
    await result;
    expect(clock.now()).toBe(0);
  });

  it('asks every 20 ms at first, so that it is never far behind', async () => {
    const { result, clock } = waiting(goodFrom(4));
    await clock.advance(60);
    await result;
  });

  it.each([5_000, 20_000, 50_000])(
    'is never more than 2.5 %% of the wait behind, here of %i ms',
    async (at) => {
      const clock = new FakeClock();
      const times: number[] = [];
      const run = async () => {
        times.push(clock.now());
        throw notYet;
      };
      const check = { name: 'db', run };
      void waitWith(check, {}, { clock, random: () => 1, host: new EventEmitter() }).catch(() => {});
      await clock.advance(at);
      expect(at - (times.at(-1) ?? 0)).toBeLessThan(at * 0.025 + 1);
    },
  );

  it('waits for all targets at once, under one deadline, and names those that are missing', async () => {
    const { result, clock } = waiting(
      [goodFrom(3), { ...goodFrom(Number.POSITIVE_INFINITY), name: 'redis' }],
      {
        timeout: 1_000,
      },
    );
    await clock.advance(1_000);
    await expect(result).rejects.toMatchObject({
      code: 'not-ready',
      message: expect.stringMatching(
        /^waiting 1000 ms for db, redis: redis: ECONNREFUSED \(attempt \d+\); wanted an answer/,
      ),
    });
  });

  it('caps an attempt that never settles, and asks again', async () => {
    const run = vi.fn(() => new Promise<void>(() => {}));
    const { result, clock } = waiting({ name: 'silent', run }, { attemptTimeout: 100, timeout: 1_000 });
    await clock.advance(1_000);
    expect(run.mock.calls.length).toBeGreaterThan(5);
    await expect(result).rejects.toThrow('silent: no answer within 100 ms');
  });

  it('fails at once on what waiting will not cure', async () => {
    const { result, clock } = waiting([goodFrom(9, never), goodFrom(9)]);
    await expect(result).rejects.toMatchObject({ code: 'never-ready', cause: never });
    expect(clock.now()).toBe(0);
    expect(clock.sleeping).toBe(0);
  });

  it('keeps waiting even then, when asked to', async () => {
    const { result, clock } = waiting(goodFrom(3, never), { keepWaiting: true });
    await clock.advance(100);
    await result;
  });

  it.each(['SIGTERM', 'SIGINT'])('ends at once on %s and leaves no listener', async (signal) => {
    const { result, host } = waiting(goodFrom(99));
    host.emit(signal);
    await expect(result).rejects.toMatchObject({ code: 'interrupted' });
    expect(host.eventNames()).toEqual([]);
  });

  it('ends at once with the reason of its signal, and leaves signals to the caller', async () => {
    const controller = new AbortController();
    const { result, host } = waiting(goodFrom(99), { signal: controller.signal });
    expect(host.eventNames()).toEqual([]);
    controller.abort(new Error('shutting down'));
    await expect(result).rejects.toThrow('shutting down');
  });

  it('tells of each attempt, and survives a listener that throws', async () => {
    const seen: Attempt[] = [];
    const { result, clock } = waiting(goodFrom(2), {
      onAttempt: (attempt) => {
        seen.push(attempt);
        throw new Error('listener');
      },
    });
    await clock.advance(20);
    await result;
    expect(seen).toEqual([
      { target: 'db', attempt: 1, elapsed: 0, error: notYet },
      { target: 'db', attempt: 2, elapsed: 20 },
    ]);
  });

  it.each([
    ['pg or TypeORM', { query: vi.fn(async () => {}) }, 'query'],
    ['postgres.js', { unsafe: vi.fn(async () => {}) }, 'unsafe'],
    ['Knex', { raw: vi.fn(async () => {}) }, 'raw'],
    ['Prisma', { $queryRaw: vi.fn(async () => {}) }, '$queryRaw'],
    ['Redis', { ping: vi.fn(async () => 'PONG') }, 'ping'],
    ['mysql2', { ping: vi.fn(), execute: vi.fn(), query: vi.fn(async () => {}) }, 'query'],
  ])('proves a query through a client of %s', async (_, client, method) => {
    await waiting(client as never).result;
    expect((client as Record<string, ReturnType<typeof vi.fn>>)[method]).toHaveBeenCalledOnce();
  });

  it.each([
    ['kafka://user:secret@host/', 'the URL kafka://host/'],
    ['secret', 'a text that is no URL'],
    [{}, 'something that is neither'],
  ])('refuses the target %o without showing what may be secret', async (target, found) => {
    await expect(waiting(target as never).result).rejects.toThrow(
      `reading what to wait for: option targets is ${found}; wanted`,
    );
  });

  it.each([
    [{ timeout: '60s' }, "option timeout is '60s'"],
    [{ interval: 5 }, 'option interval is an option of that name'],
  ])('refuses the options %o', async (options, message) => {
    await expect(waiting(goodFrom(1), options as never).result).rejects.toThrow(message);
  });

  it('names the package that a URL needs', async () => {
    await expect(waitForDatabase('mongodb://127.0.0.1:1/')).rejects.toThrow(
      /mongodb is not installed.*npm install mongodb/,
    );
  });

  it('gives up on a server that accepts and stays silent, showing no password', async () => {
    const { port } = await serve(createServer(() => {}));
    const waited = waitForDatabase(`postgres://me:secret@127.0.0.1:${port}/shop`, {
      timeout: 120,
      attemptTimeout: 50,
    });
    const error = await waited.catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: 'not-ready' });
    expect(String(error)).not.toContain('secret');
  });
});
