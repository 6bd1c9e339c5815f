import { startPostgres, startRedis, type TestServer, uniqueName } from '@cutover/testing';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { exclusive } from '../../src/index.ts';
import { type Program, runProgram } from '../programs.ts';

const LEASE = 900;

const servers: TestServer[] = [];
beforeAll(async () => {
  servers.push(...(await Promise.all([startPostgres(), startRedis()])));
});
afterAll(() => Promise.all(servers.map((server) => server[Symbol.asyncDispose]())));

/** A process that takes the lock, says its token, and says when it must let go. */
const contender = (name: string, url: string): Program =>
  runProgram(
    `const { exclusive } = await import(process.env.LIFECYCLE);
     const { NAME: name, STORE: store } = process.env;
     await exclusive(name, { store, lease: ${LEASE}, timeout: 30_000 }, async ({ token, signal }) => {
       console.log('token ' + token + ' held');
       await new Promise((resolve) => signal.addEventListener('abort', resolve));
       console.log('aborted: ' + signal.reason.code);
     }).catch((error) => { console.log(error.code); process.exit(9); });`,
    { env: { NAME: name, STORE: url } },
  );
const tokenOf = (program: Program) => Number(/token (\d+)/.exec(program.output())?.[1]);

describe.each([
  ['PostgreSQL', 0],
  ['Redis', 1],
] as const)('exclusive over %s', (_, index) => {
  const url = () => (servers[index] as TestServer).url();
  const free = (name: string) =>
    exclusive(name, { store: url(), timeout: 0 }, () => true).catch(({ code }) => code);

  it('has one holder among processes that ask at once', async () => {
    const name = uniqueName('lock');
    let running = 0;
    let most = 0;
    const tokens: bigint[] = [];
    const hold = () =>
      exclusive(name, { store: url() }, async ({ token }) => {
        most = Math.max(most, ++running);
        tokens.push(token);
        await new Promise((resolve) => setTimeout(resolve, 20));
        running--;
      });
    await Promise.all([hold(), hold(), hold(), hold()]);
    expect(most).toBe(1);
    expect(tokens).toEqual([...tokens].sort((a, b) => Number(a - b)));
    expect(new Set(tokens).size).toBe(4);
  });

  it('replaces a holder that was killed', async () => {
    const name = uniqueName('lock');
    const first = contender(name, url());
    await first.prints('held');
    expect(await free(name)).toBe('lock-held');
    first.process.kill('SIGKILL');
    const second = contender(name, url());
    await second.prints('held');
    expect(tokenOf(second)).toBeGreaterThan(tokenOf(first));
  });

  it('replaces a holder that is paused, which learns of it when it wakes, with a lower token', async () => {
    const name = uniqueName('lock');
    const first = contender(name, url());
    await first.prints('held');
    first.process.kill('SIGSTOP');
    const second = contender(name, url());
    await second.prints('held');
    first.process.kill('SIGCONT');
    await first.prints('aborted: lock-lost');
    expect(await first.ended).toEqual({ code: 9, signal: null });
    expect(tokenOf(second)).toBeGreaterThan(tokenOf(first));
    expect(second.output()).not.toContain('aborted');
  });

  it('keeps the lock beyond its lease while the holder lives', async () => {
    const name = uniqueName('lock');
    const result = exclusive(name, { store: url(), lease: LEASE }, async ({ signal }) => {
      await new Promise((resolve) => setTimeout(resolve, 3 * LEASE));
      return signal.aborted;
    });
    await new Promise((resolve) => setTimeout(resolve, 2 * LEASE));
    expect(await free(name)).toBe('lock-held');
    expect(await result).toBe(false);
    expect(await free(name)).toBe(true);
  });

  it('aborts the job when its store goes away', async () => {
    const [start] = [startPostgres, startRedis].slice(index);
    const store = await (start as typeof startRedis)();
    onTestFinished(() => store[Symbol.asyncDispose]());
    const program = contender(uniqueName('lock'), store.url());
    await program.prints('held');
    await store.pause();
    await program.prints('aborted: lock-lost');
  });
});

describe('exclusive with a client of the caller', () => {
  it('takes one connection of a pg Pool and leaves nothing of ours on it', async () => {
    const pool = new pg.Pool({ connectionString: servers[0]?.url(), max: 2 });
    onTestFinished(() => pool.end());
    await exclusive(uniqueName('lock'), { store: pool }, () => {});
    const { rows } = await pool.query('SHOW idle_session_timeout');
    expect(rows).toEqual([{ idle_session_timeout: '0' }]);
  });

  it('uses a client of ioredis and leaves it open', async () => {
    const redis = new Redis(servers[1]?.url() ?? '');
    onTestFinished(() => redis.disconnect());
    await exclusive(uniqueName('lock'), { store: redis }, () => {});
    expect(await redis.ping()).toBe('PONG');
  });
});
