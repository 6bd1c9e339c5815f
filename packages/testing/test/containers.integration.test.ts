import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  startContainer,
  startHaproxy,
  startMariadb,
  startNetwork,
  startPostgres,
  startRedis,
} from '../src/index.ts';

describe.concurrent('startContainer', () => {
  test('runs a command, reads both streams and tells a failing command', async () => {
    await using container = await startContainer({
      image: 'node:24-bookworm-slim',
      command: ['node', '-e', 'console.log("out"); console.error("err"); setInterval(() => {}, 1e6)'],
      env: { GREETING: 'hello' },
    });
    expect(await container.exec('sh', '-c', 'echo "$GREETING"')).toBe('hello');
    await expect.poll(() => container.logs()).toMatch(/out\n/);
    await expect.poll(() => container.logs()).toMatch(/err\n/);
    await expect(container.exec('sh', '-c', 'echo no >&2; exit 3')).rejects.toThrow('exit 3: no');
    expect(() => container.address(80)).toThrow('not among its "ports"');
  });

  test('kills after the grace, starts again, and goes while it is paused', async () => {
    const container = await startContainer({
      image: 'node:24-bookworm-slim',
      command: ['node', '-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1e6)'],
    });
    await sleep(500);
    await container.stop(1);
    expect((await container.inspect()).State.ExitCode).toBe(137);
    await container.stop();
    await container.start();
    await container.pause();
    await container[Symbol.asyncDispose]();
    await expect(container.inspect()).rejects.toThrow('No such container');
    await container[Symbol.asyncDispose]();
  });
});

describe.concurrent('servers', () => {
  test('PostgreSQL answers under its name in a network', async () => {
    await using network = await startNetwork();
    await using postgres = await startPostgres({ network: network.name });
    expect(postgres.url()).toMatch(/^postgresql:\/\/cutover:.+@127\.0\.0\.1:\d+\/cutover$/);
    const byName = new URL(postgres.url());
    byName.host = `${postgres.name}:5432`;
    expect(await postgres.exec('psql', byName.href, '-Atc', 'SELECT 40 + 2')).toBe('42');
  });

  test('Redis takes a command from this machine', async () => {
    await using redis = await startRedis({ command: ['redis-server', '--save', ''] });
    expect(redis.url()).toMatch(/^redis:\/\/127\.0\.0\.1:\d+$/);
    expect(await redis.exec('redis-cli', 'config', 'get', 'save')).toBe('save');
  });

  test('MariaDB answers over TCP', async () => {
    await using mariadb = await startMariadb();
    expect(mariadb.url()).toContain('mysql://cutover:');
  });

  test.for(['2.6', '3.0'] as const)(
    'HAProxy %s serves what it is given, or its complaint is shown',
    async (version) => {
      const config =
        'defaults\n mode http\n timeout client 5s\nfrontend f\n bind :8080\n http-request return status 200 content-type text/plain string ok';
      await using haproxy = await startHaproxy({ version, config, ports: [8080] });
      const { host, port } = haproxy.address(8080);
      expect((await fetch(`http://${host}:${port}`)).status).toBe(200);
      await expect(startHaproxy({ version, config: 'nonsense' })).rejects.toThrow(
        "unknown keyword 'nonsense'",
      );
    },
  );
});
