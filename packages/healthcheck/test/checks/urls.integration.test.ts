import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startContainer, type TestContainer } from '@cutover/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Check, mysqlCheck, postgresCheck, redisCheck } from '../../src/index.ts';
import { outcome, run } from '../helpers/run.ts';
import { closedPort, tcpPeer } from '../helpers/servers.ts';

/** What has a meaning in a URL, and what is not ASCII. */
const password = 'p@ss/w?r#d:%41&+ü';
const encoded = encodeURIComponent(password);

interface Kind {
  image: string;
  port: number;
  env?: Record<string, string>;
  command?: readonly string[];
  /** Where its Unix socket is, in the container. */
  sockets: string;
  scheme: string;
  user: string;
  check: (url: string) => Check;
}

const kinds = {
  postgres: {
    image: 'postgres:15-bookworm',
    port: 5432,
    env: { POSTGRES_PASSWORD: password, POSTGRES_DB: 'shop' },
    sockets: '/var/run/postgresql',
    scheme: 'postgres',
    user: 'postgres',
    check: postgresCheck,
  },
  mysql: {
    image: 'mariadb:10.11',
    port: 3306,
    env: { MARIADB_ROOT_PASSWORD: password, MARIADB_DATABASE: 'shop' },
    sockets: '/run/mysqld',
    scheme: 'mysql',
    user: 'root',
    check: mysqlCheck,
  },
  redis: {
    image: 'redis:7.0-bookworm',
    port: 6379,
    command: ['redis-server', '--user', 'default', 'on', `>${password}`, '~*', '+@all'],
    sockets: '/run/redis',
    scheme: 'redis',
    user: 'default',
    check: redisCheck,
  },
} satisfies Record<string, Kind>;

/** Starts a server of that kind before all tests, its sockets in a folder of this machine. */
function serverOf({ image, port, env, command, sockets, scheme, user, check }: Kind) {
  const stage = { server: undefined as unknown as TestContainer, folder: '' };
  const address = () => `127.0.0.1:${stage.server.address(port).port}`;
  const login = `${scheme}://${user}:${encoded}@`;
  beforeAll(async () => {
    stage.folder = await mkdtemp(join(tmpdir(), 'cutover-sockets-'));
    await chmod(stage.folder, 0o777);
    stage.server = await startContainer({
      image,
      ports: [port],
      ...(env && { env }),
      ...(command && { command }),
      host: { Binds: [`${stage.folder}:${sockets}`] },
    });
    const asked = () => outcome(check(`${login}${address()}/${scheme === 'redis' ? '' : 'shop'}`));
    await vi.waitFor(async () => expect(await asked()).toBe('good'), { timeout: 60_000, interval: 100 });
  });
  afterAll(async () => {
    await stage.server?.[Symbol.asyncDispose]();
    await rm(stage.folder, { recursive: true, force: true });
  });
  return { stage, address, login };
}

const servers = {
  postgres: serverOf(kinds.postgres),
  mysql: serverOf(kinds.mysql),
  redis: serverOf(kinds.redis),
};

/** The server's port under another address of this machine. */
async function alsoAt(host: string, target: number): Promise<number> {
  const server = createServer((socket) => {
    const upstream = connect(target, '127.0.0.1');
    for (const end of [socket, upstream]) end.on('error', () => {});
    socket.pipe(upstream).pipe(socket);
  });
  await once(server.listen(0, host), 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe.each(['postgres', 'mysql', 'redis'] as const)('a check of %s by URL', (name) => {
  const kind = kinds[name];
  const { stage, login } = servers[name];

  it('logs in over IPv6, with every special character in the password', async () => {
    const port = await alsoAt('::1', stage.server.address(kind.port).port);
    await expect(run(kind.check(`${login}[::1]:${port}/`))).resolves.toBeUndefined();
  });

  it('shows neither user nor password in what a refusal says, its causes included', async () => {
    const { port } = stage.server.address(kind.port);
    const url = `${kind.scheme}://shop-api:hunter%2F22@127.0.0.1:${port}/`;
    const error = await run(kind.check(url)).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'denied', permanent: true });
    const shown = [error.message, error.stack, JSON.stringify(error), String(error.cause), error.cause.stack];
    expect(shown.join()).not.toMatch(/shop-api|hunter/);
  });
});

describe('postgresCheck by URL', () => {
  const { stage, address, login } = servers.postgres;
  const ask = (url: string, query = 'SELECT 1') => run(postgresCheck(url, { query }));
  /** Divides by zero unless so. */
  const demand = (condition: string) => `SELECT 1 / (${condition})::int`;
  const overSocket = demand('inet_server_addr() IS NULL');

  it.each([
    ['a parameter', () => `postgres://postgres@/shop?host=${stage.folder}`],
    ['one that wins over a host', () => `postgres://postgres:x@nowhere/shop?host=${stage.folder}&port=5432`],
    ['the host, encoded', () => `postgres://postgres@${encodeURIComponent(stage.folder)}/shop`],
    ['the same with TLS wanted', () => `postgres://postgres@/shop?host=${stage.folder}&sslmode=require`],
  ])('asks over the Unix socket in the folder that is %s', async (_, url) => {
    await expect(ask(url(), overSocket)).resolves.toBeUndefined();
  });

  it('is "not yet" when there is no socket in the folder, and names the folder', async () => {
    const asked = ask('postgres://shop-api:hunter22@/shop?host=/no/such/folder');
    await expect(asked).rejects.toMatchObject({ code: 'unreachable', permanent: false });
    await expect(asked).rejects.toThrow('asking postgres:///shop?host=/no/such/folder');
  });

  it('passes options on', async () => {
    const url = `${login}${address()}/shop?options=-c%20statement_timeout%3D1234`;
    await expect(
      ask(url, demand("current_setting('statement_timeout') = '1234ms'")),
    ).resolves.toBeUndefined();
  });

  it.each([
    ['the first is away', async () => `127.0.0.1:${await closedPort()},${address()}`],
    ['the first is silent', async () => `127.0.0.1:${(await tcpPeer()).port},${address()}`],
    ['the last is away', async () => `${address()},127.0.0.1:${await closedPort()}`],
  ])('asks the host that answers where %s', async (_, hosts) => {
    await expect(run(postgresCheck(`${login}${await hosts()}/shop`), 5_000)).resolves.toBeUndefined();
  });

  it('is "not yet" while one of the hosts may still come, and tells of each', async () => {
    const away = `127.0.0.1:${await closedPort()}`;
    const asked = ask(`postgres://shop-api:hunter22@${address()},${away}/shop`);
    await expect(asked).rejects.toMatchObject({ code: 'unreachable', permanent: false });
    await expect(asked).rejects.toThrow(`${address()}: password authentication failed for user "***"`);
    await expect(asked).rejects.toThrow(`${away}: connect ECONNREFUSED`);
    const denied = ask(`postgres://shop-api:hunter22@${address()},${address()}/shop`);
    await expect(denied).rejects.toMatchObject({ code: 'denied', permanent: true });
  });

  it.each([
    ['read-write', 'good'],
    ['primary', 'good'],
    ['any', 'good'],
    ['prefer-standby', 'good'],
    ['standby', 'not-ready'],
    ['read-only', 'not-ready'],
  ])('wants a session that is %s: %s', async (wanted, expected) => {
    const url = `${login}${address()}/shop?target_session_attrs=${wanted}`;
    expect(await outcome(postgresCheck(url))).toBe(expected);
  });

  it('closes what it opened at the other hosts', async () => {
    const silent = await tcpPeer();
    await ask(`${login}127.0.0.1:${silent.port},${address()}/shop`);
    expect(silent.accepted).toBe(1);
    await expect.poll(() => silent.sockets.size).toBe(0);
  });
});

describe('mysqlCheck by URL', () => {
  const { stage, login } = servers.mysql;

  it.each(['socket', 'socketPath'])('asks over the Unix socket of the parameter %s', async (name) => {
    const url = `${login}nowhere/shop?${name}=${stage.folder}/mysqld.sock&connection_limit=5`;
    await expect(run(mysqlCheck(url))).resolves.toBeUndefined();
  });

  it('is "not yet" when there is no such socket, and names it', async () => {
    const asked = run(mysqlCheck('mysql://shop-api:hunter22@localhost/shop?socket=/no/such.sock'));
    await expect(asked).rejects.toMatchObject({ code: 'unreachable', permanent: false });
    await expect(asked).rejects.toThrow('asking mysql:///shop?socket=/no/such.sock');
  });
});
