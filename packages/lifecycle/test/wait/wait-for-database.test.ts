import { EventEmitter } from 'node:events';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { FakeClock, makeCertificate } from '@cutover/testing';
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
    ['postgres.js', 'unsafe'],
    ['Knex', 'raw'],
    ['a Check', 'run'],
  ])('shows no account that the driver names: %s', async (_, method) => {
    const seen: unknown[] = [];
    const refused = async () => {
      throw Object.assign(new Error('password authentication failed for user "shop-api"'), {
        permanent: true,
      });
    };
    const options = { timeout: 10, onAttempt: ({ error }: Attempt) => void seen.push(error) };
    const { result, clock } = waiting({ name: 'db', [method]: refused } as never, options);
    await expect.poll(() => seen.length).toBe(1);
    await clock.advance(10);
    const error = await result.catch((thrown) => thrown);
    const shown = [error, error.cause, error.stack, ...seen].map(String).join();
    expect(shown).toContain('failed for user "***"');
    expect(shown).not.toContain('shop-api');
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
    ['pg or TypeORM', 'query'],
    ['postgres.js', 'unsafe'],
    ['Knex', 'raw'],
    ['Prisma', '$queryRaw'],
    ['Redis', 'ping'],
  ])('sends no second query through a silent client of %s beside the first', async (_, method) => {
    const ask = vi.fn(() => new Promise(() => {}));
    const { result, clock } = waiting({ [method]: ask } as never, { attemptTimeout: 100, timeout: 2_000 });
    await expect.poll(() => ask.mock.calls.length).toBe(1);
    await clock.advance(2_000);
    await expect(result).rejects.toMatchObject({ code: 'not-ready' });
    expect(ask).toHaveBeenCalledOnce();
  });

  it.each([
    ['postgres.js', 'unsafe'],
    ['Knex', 'raw'],
  ])('fails at once on a wrong password that a client of %s reports', async (_, method) => {
    const denied = Object.assign(new Error('denied'), { code: '28P01' });
    const { result } = waiting({ [method]: () => Promise.reject(denied) } as never);
    await expect(result).rejects.toMatchObject({ code: 'never-ready' });
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
    [undefined, 'option targets is not set (is its environment variable?)'],
    [[process.env.UNSET], 'option targets[0] is not set (is its environment variable?)'],
    [[goodFrom(1), ''], 'option targets[1] is empty (has its environment variable a value?)'],
  ])(
    'refuses %o, which an environment variable that is not set leaves, by its place',
    async (targets, message) => {
      await expect(waiting(targets as never).result).rejects.toThrow(`${message}; wanted a URL`);
    },
  );

  it('waits for nothing when the list is empty', async () => {
    await waiting([]).result;
  });

  it.each([
    'postgres://me:hunter22@127.0.0.1:1,127.0.0.1:2/shop',
    'postgres://me:hunter22@/shop?host=/no/such/folder',
    'mysql://me:hunter22@localhost/shop?socket=/no/such/mysqld.sock',
  ])('takes %s, and asks again while nobody answers', async (url) => {
    const stop = new AbortController();
    const onAttempt = ({ error }: Attempt) => stop.abort(error);
    const error = await waitForDatabase(url, { signal: stop.signal, onAttempt }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'unreachable', permanent: false });
    expect(String(error)).not.toMatch(/hunter22/);
  });

  it('proves TLS by the authority of a target, and by no other', async () => {
    const { key, cert } = makeCertificate();
    const redis = createTlsServer({ key, cert }, (socket) =>
      socket.on('data', () => socket.write('+PONG\r\n')),
    );
    redis.on('secureConnection', (socket) => socket.on('error', () => {}));
    const url = `rediss://127.0.0.1:${(await serve(redis)).port}`;
    await waitForDatabase({ url, ca: cert });
    await waitForDatabase([{ url: new URL(url), ca: cert }]);
    await expect(waitForDatabase(url)).rejects.toMatchObject({ code: 'never-ready' });
    await expect(waitForDatabase({ url, ca: makeCertificate().cert })).rejects.toMatchObject({
      code: 'never-ready',
    });
  });

  it('says at once how to write a URL whose password has a slash, and shows nothing of it', async () => {
    const error = await waitForDatabase('postgres://shop-api:hun/ter22@db/x').catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'never-ready', message: expect.stringContaining('write / as %2F') });
    expect(String(error)).not.toMatch(/shop-api|ter22/);
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
