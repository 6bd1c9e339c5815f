import { createServer } from 'node:net';
import { type Check, postgresCheck } from '@cutover/healthcheck';
import { startMariadb, startPostgres, startRedis, type TestServer } from '@cutover/testing';
import { Redis } from 'ioredis';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { waitForDatabase } from '../../src/index.ts';
import { runProgram } from '../programs.ts';

let postgres: TestServer;
let redis: TestServer;
let mariadb: TestServer;
beforeAll(async () => {
  [postgres, redis, mariadb] = await Promise.all([startPostgres(), startRedis(), startMariadb()]);
});
afterAll(() => Promise.all([postgres, redis, mariadb].map((server) => server?.[Symbol.asyncDispose]())));

const changed = (url: string, change: (url: URL) => void): string => {
  const copy = new URL(url);
  change(copy);
  return copy.href;
};

describe('waitForDatabase', () => {
  it('proves a query by URL, all at once', async () => {
    await waitForDatabase([postgres.url(), redis.url(), mariadb.url()], { timeout: 10_000 });
  });

  it('proves a query through live clients', async () => {
    const pool = new pg.Pool({ connectionString: postgres.url() });
    const cache = new Redis(redis.url());
    const other = mysql.createPool(mariadb.url());
    onTestFinished(async () => {
      cache.disconnect();
      await Promise.all([pool.end(), other.end()]);
    });
    await waitForDatabase([pool, cache, other as never], { timeout: 10_000 });
  });

  it.each([
    [
      'a wrong password',
      (url: URL) => {
        url.password = 'wrong-secret';
      },
    ],
    [
      'a database that is not there',
      (url: URL) => {
        url.pathname = '/nowhere';
      },
    ],
  ])('fails at once on %s, and shows no password', async (_, change) => {
    for (const server of [postgres, mariadb]) {
      const began = performance.now();
      const error = await waitForDatabase(changed(server.url(), change)).catch((thrown) => thrown);
      expect(error).toMatchObject({ code: 'never-ready' });
      expect(String(error)).not.toMatch(/secret|only-for-tests/);
      expect(performance.now() - began).toBeLessThan(5_000);
    }
  });

  it('waits for a server that comes back, and through its recovery', async () => {
    const server = await startPostgres();
    onTestFinished(() => server[Symbol.asyncDispose]());
    await server.kill();
    const errors: unknown[] = [];
    // Docker gives the port anew, so the URL is asked for at each attempt.
    const check: Check = { name: 'postgres', run: (context) => postgresCheck(server.url()).run(context) };
    const waited = waitForDatabase(check, {
      timeout: 30_000,
      onAttempt: ({ error }) => void errors.push(error),
    });
    await server.start();
    await waited;
    expect(errors.at(-1)).toBeUndefined();
    expect(errors.length).toBeGreaterThan(1);
  });

  it('leaves no handle behind: the process ends by itself', async () => {
    const program = runProgram(
      `const { waitForDatabase } = await import(process.env.LIFECYCLE);
       await waitForDatabase(process.env.URLS.split(' '));
       const error = await waitForDatabase(process.env.SILENT, { timeout: 200, attemptTimeout: 100 }).catch((e) => e);
       console.log(error.code);`,
      {
        env: {
          URLS: `${postgres.url()} ${redis.url()} ${mariadb.url()}`,
          SILENT: `postgres://a:b@127.0.0.1:${await silentPort()}/x`,
        },
      },
    );
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.output()).toBe('not-ready\n');
  });
});

/** A port where something accepts and says nothing. */
async function silentPort(): Promise<number> {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}
