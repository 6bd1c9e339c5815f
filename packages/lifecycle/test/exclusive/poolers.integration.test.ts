import { systemClock } from '@cutover/internal';
import { startPostgres, type TestServer, uniqueName } from '@cutover/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { proveOwnSession } from '../../src/exclusive/own-session.ts';
import { sessionsOfUrl } from '../../src/exclusive/postgres-session.ts';
import { exclusive } from '../../src/index.ts';
import { type Pooling, startPgbouncer } from './pgbouncer.ts';

let postgres: TestServer;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.[Symbol.asyncDispose]());

async function pooler(pooling: Omit<Pooling, 'url'>): Promise<string> {
  const bouncer = await startPgbouncer({ url: postgres.url(), ...pooling });
  onTestFinished(() => bouncer[Symbol.asyncDispose]());
  return bouncer.url;
}

/** Four that want one lock at once: the most that ran at a time, and how each ended. */
async function contend(stores: readonly (string | pg.Pool)[]) {
  const name = uniqueName('lock');
  let running = 0;
  let most = 0;
  const hold = (store: string | pg.Pool) =>
    exclusive(name, { store, timeout: 20_000 }, async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 100));
      running--;
    }).then(
      () => 'held',
      ({ code }: { code: string }) => code,
    );
  const ends = await Promise.all(stores.map(hold));
  return { most, ends };
}

const four = <T>(make: () => T): T[] => [make(), make(), make(), make()];
const all = (end: string) => four(() => end);

/** Transactions of others, so that sessions change hands all the time. */
function traffic(url: string): void {
  const pool = new pg.Pool({ connectionString: url, max: 6 });
  pool.on('error', () => {});
  let over = false;
  const ask = async () => {
    while (!over) await pool.query('SELECT pg_sleep(0.002)').catch(() => {});
  };
  const asking = Array.from({ length: 6 }, ask);
  onTestFinished(async () => {
    over = true;
    await Promise.all(asking);
    await pool.end();
  });
}

const locks = async (): Promise<number> => {
  const client = new pg.Client(postgres.url());
  await client.connect();
  const { rows } = await client.query(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory'`);
  await client.end();
  return rows.length;
};

describe('exclusive behind PgBouncer', () => {
  const TURNS = ['server_round_robin = 1'];
  it.each([
    ['transaction', 1, []],
    ['transaction', 2, []],
    ['transaction', 20, []],
    ['transaction', 2, TURNS],
    ['transaction', 20, TURNS],
    ['statement', 1, []],
    ['statement', 20, []],
  ] as const)('refuses %s mode with %i sessions (%j)', async (mode, size, settings) => {
    const url = await pooler({ mode, size, settings });
    expect(await contend(four(() => url))).toEqual({ most: 0, ends: all('lock-unsafe') });
    expect(await locks()).toBe(0);
  });

  it.each([2, 20])('refuses transaction mode with %i sessions that are in use', async (size) => {
    const url = await pooler({ mode: 'transaction', size });
    traffic(url);
    for (let round = 0; round < 3; round++) {
      expect(await contend(four(() => url))).toEqual({ most: 0, ends: all('lock-unsafe') });
    }
    expect(await locks()).toBe(0);
  });

  it('says what was found and what to give instead, without names or passwords', async () => {
    const url = await pooler({ mode: 'transaction', size: 2 });
    const error = await exclusive('cron', { store: url }, () => {}).catch((thrown) => thrown);
    expect(error.message).toMatch(/holding the lock cron: .*pooler.*Fix: .*URL of PostgreSQL itself/);
    expect(error.message).not.toMatch(/cutover|:any/);
  });

  it('refuses a Pool of one connection as well', async () => {
    const pool = new pg.Pool({ connectionString: await pooler({ mode: 'transaction', size: 1 }), max: 1 });
    onTestFinished(() => pool.end());
    expect(await contend([pool])).toEqual({ most: 0, ends: ['lock-unsafe'] });
  });

  it('leaves the sessions that it was lent as they were', async () => {
    const url = await pooler({ mode: 'transaction', size: 1 });
    await contend([url]);
    const client = new pg.Client(url);
    await client.connect();
    onTestFinished(() => client.end());
    const { rows } = await client.query(
      `SELECT current_setting('idle_session_timeout') AS idle, (SELECT count(*)::int FROM pg_listening_channels()) AS channels`,
    );
    expect(rows).toEqual([{ idle: '0', channels: 0 }]);
  });

  it.each([8, 20])('holds in session mode with %i sessions', async (size) => {
    const url = await pooler({ mode: 'session', size });
    expect(await contend(four(() => url))).toEqual({ most: 1, ends: all('held') });
  });

  it('holds in session mode through a Pool of one connection', async () => {
    const url = await pooler({ mode: 'session', size: 8 });
    const pools = four(() => new pg.Pool({ connectionString: url, max: 1 }));
    onTestFinished(() => Promise.all(pools.map((pool) => pool.end())).then(() => {}));
    expect(await contend(pools)).toEqual({ most: 1, ends: all('held') });
  });

  it('says so when the pooler has no second session to prove it with', async () => {
    const url = await pooler({ mode: 'session', size: 1 });
    expect(await contend([url])).toEqual({ most: 0, ends: ['lock-unsafe'] });
  });
});

describe('proveOwnSession', () => {
  it('is not deceived where two connections are given sessions as if each had its own', async () => {
    const url = await pooler({ mode: 'transaction', size: 2 });
    const sessions = sessionsOfUrl(url, systemClock);
    const { signal } = new AbortController();
    const [client, third] = [await sessions.open(signal), await sessions.open(signal)];
    onTestFinished(() => {
      for (const each of [client, third]) each.release();
    });
    // The third keeps the session that the first has just used, so that the second is given another one.
    const asked: string[] = [];
    const openAnother = async () => {
      const other = await sessions.openAnother(signal);
      const ask = other.query.bind(other);
      other.query = async (sql) => {
        asked.push(sql);
        await third.query('BEGIN');
        try {
          return await ask(sql);
        } finally {
          await third.query('COMMIT');
        }
      };
      return other;
    };
    const proof = proveOwnSession(
      client,
      { ...sessions, openAnother },
      { doing: 'testing', signal, clock: systemClock },
    );
    await expect(proof).rejects.toThrow('no notification');
    expect(asked.some((sql) => sql.startsWith('NOTIFY'))).toBe(true);
  });
});

describe('exclusive without a pooler', () => {
  it('needs no second connection', async () => {
    const client = new pg.Client(postgres.url());
    await client.connect();
    onTestFinished(() => client.end());
    const sessions = async () => {
      const { rows } = await client.query(
        `SELECT pid FROM pg_stat_activity WHERE application_name = 'cutover exclusive'`,
      );
      return rows.length;
    };
    await exclusive(uniqueName('lock'), { store: postgres.url() }, async () => {
      expect(await sessions()).toBe(1);
    });
    expect(await contend(four(() => postgres.url()))).toEqual({ most: 1, ends: all('held') });
  });
});
