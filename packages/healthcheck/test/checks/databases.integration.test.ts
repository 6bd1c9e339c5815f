import { startContainer, type TestContainer } from '@cutover/testing';
import { Redis } from 'ioredis';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Check, mysqlCheck, postgresCheck, redisCheck } from '../../src/index.ts';
import { expectAbortable, expectOnlyNotYetUntilGood, outcome as outcomeOf, run } from '../helpers/run.ts';
import { closedPort, tcpPeer } from '../helpers/servers.ts';

const password = 'p@ss/word';
const user = (name: string) => `${name}:${encodeURIComponent(password)}`;

/** What differs between the three; the states they are put in do not. */
interface Kind {
  title: string;
  image: string;
  port: number;
  env?: Record<string, string>;
  command?: readonly string[];
  scheme: string;
  login: string;
  database: string;
  check: (url: string) => Check;
  /** A check whose answer takes 2 s. */
  slow: (url: string, server: TestContainer) => Promise<Check> | Check;
}

const kinds: Kind[] = [
  {
    title: 'postgresCheck',
    image: 'postgres:15-bookworm',
    port: 5432,
    env: { POSTGRES_PASSWORD: password, POSTGRES_DB: 'shop' },
    scheme: 'postgres',
    login: user('postgres'),
    database: 'shop',
    check: (url) => postgresCheck(url),
    slow: (url) => postgresCheck(url, { query: 'SELECT pg_sleep(2)' }),
  },
  {
    title: 'mysqlCheck',
    image: 'mariadb:10.11',
    port: 3306,
    env: { MARIADB_ROOT_PASSWORD: password, MARIADB_DATABASE: 'shop' },
    scheme: 'mysql',
    login: user('root'),
    database: 'shop',
    check: (url) => mysqlCheck(url),
    slow: (url) => mysqlCheck(url, { query: 'SELECT SLEEP(2)' }),
  },
  {
    title: 'redisCheck',
    image: 'redis:7.0-bookworm',
    port: 6379,
    command: ['redis-server', '--requirepass', password],
    scheme: 'redis',
    login: user(''),
    database: '1',
    check: (url) => redisCheck(url),
    slow: async (url, server) => {
      await server.exec('redis-cli', '-a', password, 'CLIENT', 'PAUSE', '2000');
      return redisCheck(url);
    },
  },
];

describe.each(kinds)('$title', ({ image, port, env, command, scheme, login, database, check, slow }) => {
  let server: TestContainer;
  const url = ({ address = addressOf(server, port), path = database, as = login } = {}) =>
    `${scheme}://${as}@${address}/${path}`;
  const outcome = (target: string, limit = 2_000) => outcomeOf(check(target), limit);

  beforeAll(async () => {
    server = await startContainer({ image, ports: [port], ...(env && { env }), ...(command && { command }) });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  it('says nothing but "not yet" while the server starts, and then good', async () => {
    await expectOnlyNotYetUntilGood(() => outcome(url()), { timeout: 60_000, interval: 50 });
  });

  it('says "never" to a wrong password and shows neither it nor the right one', async () => {
    const wrong = run(check(url({ as: login.replace(/:.*/, ':wrong-secret') })));
    await expect(wrong).rejects.toMatchObject({ code: 'denied', permanent: true });
    await expect(wrong).rejects.not.toThrow(/wrong-secret|p@ss|p%40ss/);
  });

  it('says "never" to a database that does not exist', async () => {
    const none = scheme === 'redis' ? '99' : 'none';
    await expect(run(check(url({ path: none })))).rejects.toMatchObject({ permanent: true });
  });

  it('says "not yet" when nothing listens or the host is unknown', async () => {
    expect(await outcome(url({ address: `127.0.0.1:${await closedPort()}` }))).toBe('unreachable');
    expect(await outcome(url({ address: `no-such-host.invalid:${port}` }), 10_000)).toBe('unreachable');
  });

  it('ends with its signal, its socket closed, when what listens is silent', async () => {
    const peer = await tcpPeer();
    await expectAbortable(check(url({ address: `127.0.0.1:${peer.port}` })), peer);
  });

  it('is bad when what listens speaks something else or hangs up', async () => {
    const other = await tcpPeer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await outcome(url({ address: `127.0.0.1:${other.port}` }))).toMatch(/bad-answer|unreachable/);
    const dropped = await tcpPeer((socket) => socket.destroy());
    expect(await outcome(url({ address: `127.0.0.1:${dropped.port}` }))).toBe('unreachable');
  });

  it('ends with its signal when the answer is slow', async () => {
    expect(await outcomeOf(await slow(url(), server), 200)).toBe('limit reached');
    expect(await outcome(url(), 10_000)).toBe('good');
  });

  it('sees a server freeze, thaw and freeze again', async () => {
    const states: string[] = [];
    for (const verb of ['pause', 'unpause', 'pause', 'unpause'] as const) {
      await server[verb]();
      states.push(await outcome(url(), verb === 'pause' ? 300 : 5_000));
    }
    expect(states).toEqual(['limit reached', 'good', 'limit reached', 'good']);
  });

  it('leaves no connection on the server', async () => {
    for (let ask = 0; ask < 10; ask++) await run(check(url()));
    // A server works a slow query to its end before it sees that nobody waits for it.
    await expect.poll(() => connections(scheme, url()), { timeout: 10_000 }).toBeLessThanOrEqual(1);
  });
});

const addressOf = (server: TestContainer, port: number): string => {
  const { host, port: published } = server.address(port);
  return `${host}:${published}`;
};

/** How many clients the server itself counts, the one that asks included. */
async function connections(scheme: string, url: string): Promise<number> {
  if (scheme === 'redis') {
    const redis = new Redis(url);
    const list = String(await redis.client('LIST'));
    redis.disconnect();
    return list.trim().split('\n').length;
  }
  if (scheme === 'mysql') {
    const connection = await mysql.createConnection(url);
    const [rows] = await connection.query('SHOW PROCESSLIST');
    await connection.end();
    return (rows as { User: string }[]).filter(({ User }) => User === 'root').length;
  }
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query(
    "SELECT count(*) FROM pg_stat_activity WHERE usename = 'postgres' AND datname IS NOT NULL",
  );
  await client.end();
  return Number(rows[0].count);
}

describe('a check with a client that is given', () => {
  const servers: TestContainer[] = [];
  afterAll(() => Promise.all(servers.map((server) => server[Symbol.asyncDispose]())));
  const start = async (image: string, port: number, env: Record<string, string> = {}) => {
    const server = await startContainer({ image, ports: [port], env });
    servers.push(server);
    return { server, address: addressOf(server, port) };
  };
  const postgresAddress = () => addressOf(servers[0] as TestContainer, 5432);
  const ready = (check: Check) =>
    expect.poll(() => run(check).then(() => 'good', String), { timeout: 60_000, interval: 100 }).toBe('good');

  it('borrows from a pg Pool, gives back, and throws away only what hangs', async () => {
    const { server, address } = await start('postgres:15-bookworm', 5432, { POSTGRES_PASSWORD: password });
    const connectionString = `postgres://${user('postgres')}@${address}/postgres`;
    await ready(postgresCheck(connectionString));
    const pool = new pg.Pool({ connectionString, max: 2 });
    pool.on('error', () => {});
    onTestFinished(() => pool.end());
    const check = postgresCheck(pool);
    for (let ask = 0; ask < 5; ask++) await run(check);
    expect([pool.totalCount, pool.idleCount]).toEqual([1, 1]);

    await expect(run(postgresCheck(pool, { query: 'SELECT pg_sleep(0.2)' }))).resolves.toBeUndefined();
    await expect(run(postgresCheck(pool, { query: 'SELECT pg_sleep(5)' }), 100)).rejects.toThrow(
      'limit reached',
    );
    expect(pool.totalCount).toBe(0);
    await run(check);

    await server.pause();
    await expect(run(check, 200)).rejects.toThrow('limit reached');
    await server.unpause();
    await run(check);
    expect(pool.totalCount).toBe(1);
  });

  it('gives back a connection that a full pool lends too late', async () => {
    const connectionString = `postgres://${user('postgres')}@${postgresAddress()}/postgres`;
    const pool = new pg.Pool({ connectionString, max: 1 });
    onTestFinished(() => pool.end());
    const taken = await pool.connect();
    const check = postgresCheck(pool);
    await expect(run(check, 50)).rejects.toThrow('limit reached');
    await expect(run(check, 50)).rejects.toMatchObject({ code: 'silent' });
    expect(pool.waitingCount).toBe(1);
    taken.release();
    await expect.poll(() => pool.idleCount).toBe(1);
    await expect(run(check)).resolves.toBeUndefined();
  });

  it('says "never" to TLS that the server does not offer', async () => {
    const postgres = `postgres://${user('postgres')}@${postgresAddress()}/postgres?sslmode=require`;
    await expect(run(postgresCheck(postgres))).rejects.toMatchObject({
      code: 'misconfigured',
      permanent: true,
    });
  });

  it('asks a pg Client, a mysql2 connection and an ioredis client', async () => {
    const client = new pg.Client(`postgres://${user('postgres')}@${postgresAddress()}/postgres`);
    await client.connect();
    await expect(run(postgresCheck(client))).resolves.toBeUndefined();
    await client.end();
    await expect(run(postgresCheck(client))).rejects.toMatchObject({ name: 'HealthcheckError' });

    const mariadb = await start('mariadb:10.11', 3306, { MARIADB_ROOT_PASSWORD: password });
    const mariadbUrl = `mysql://${user('root')}@${mariadb.address}`;
    await ready(mysqlCheck(mariadbUrl));
    const connection = await mysql.createConnection(mariadbUrl);
    await expect(run(mysqlCheck(connection))).resolves.toBeUndefined();
    await connection.end();
    await expect(run(mysqlCheck(connection))).rejects.toMatchObject({ name: 'HealthcheckError' });

    const redis = await start('redis:7.0-bookworm', 6379);
    await ready(redisCheck(`redis://${redis.address}`));
    const redisClient = new Redis(`redis://${redis.address}`);
    await expect(run(redisCheck(redisClient))).resolves.toBeUndefined();
    redisClient.disconnect();
    await expect(run(redisCheck(redisClient))).rejects.toMatchObject({ code: 'unreachable' });
  });
});
