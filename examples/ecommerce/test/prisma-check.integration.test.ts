import { prismaCheck } from '@cutover/healthcheck';
import { startPostgres, type TestServer } from '@cutover/testing';
import { PrismaPg } from '@prisma/adapter-pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
// Here, and not in the package, because the generated client is here.
import { outcome } from '../../../packages/healthcheck/test/helpers/run.ts';
import { closedPort, tcpPeer } from '../../../packages/healthcheck/test/helpers/servers.ts';
import { PrismaClient } from '../src/generated/prisma/client.ts';

let postgres: TestServer;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.[Symbol.asyncDispose]());

/** A real client, of two connections, to the server or to what the test changes in its URL. */
function prisma(changes: Partial<URL> = {}): PrismaClient {
  const url = Object.assign(new URL(postgres.url()), changes);
  const client = new PrismaClient({ adapter: new PrismaPg({ connectionString: url.href, max: 2 }) });
  onTestFinished(() => client.$disconnect());
  return client;
}

describe('prismaCheck with a real client on a real PostgreSQL', () => {
  it('is good, again and again over the connections that the client has', async () => {
    const client = prisma();
    const check = prismaCheck(client);
    for (let ask = 0; ask < 10; ask++) expect(await outcome(check)).toBe('good');
    const [row] = await client.$queryRaw<[{ count: bigint }]>`
      SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'`;
    expect(Number(row.count)).toBe(1);
  });

  it.each<[string, string, Partial<URL>]>([
    ['misconfigured', 'a database that does not exist', { pathname: '/none' }],
    ['denied', 'a wrong password', { password: 'wrong-secret' }],
    ['denied', 'a user who does not exist', { username: 'nobody' }],
    ['unreachable', 'an unknown host', { hostname: 'no-such-host.invalid' }],
  ])('is %s with %s, and shows no password', async (code, _, changes) => {
    const check = prismaCheck(prisma(changes));
    expect(await outcome(check, 20_000)).toBe(code);
    const error = await check.run({ signal: new AbortController().signal }).catch(String);
    expect(error).not.toMatch(/wrong-secret|only-for-tests/);
  });

  it('is not ready while the server has no connection to give', async () => {
    const admin = prisma();
    await admin.$executeRaw`CREATE ROLE crowded LOGIN PASSWORD 'x' CONNECTION LIMIT 0`;
    const crowded = prisma({ username: 'crowded', password: 'x' });
    expect(await outcome(prismaCheck(crowded))).toBe('not-ready');
    await admin.$executeRaw`ALTER ROLE crowded CONNECTION LIMIT 1`;
    expect(await outcome(prismaCheck(crowded))).toBe('good');
  });

  it('is unreachable when nothing listens, or what accepts hangs up', async () => {
    const port = String(await closedPort());
    expect(await outcome(prismaCheck(prisma({ port })))).toBe('unreachable');
    const dropped = await tcpPeer((socket) => socket.destroy());
    const half = prisma({ port: String(dropped.port) });
    expect(await outcome(prismaCheck(half))).toBe('unreachable');
  });

  it('ends with its signal when what listens is silent, asking once however often it is run', async () => {
    const silent = await tcpPeer();
    const check = prismaCheck(prisma({ port: String(silent.port) }));
    for (let ask = 0; ask < 5; ask++) expect(await outcome(check, 50)).toBe('limit reached');
    expect(silent.accepted).toBe(1);
    // Or the client could not be closed.
    for (const socket of silent.sockets) socket.destroy();
  });

  it('waits for a busy pool, and is good when a connection comes free', async () => {
    const client = prisma();
    const check = prismaCheck(client);
    const busy = Promise.all([1, 2].map(() => client.$queryRaw`SELECT pg_sleep(1.5)::text`));
    expect(await outcome(check, 200)).toBe('limit reached');
    expect(await outcome(check, 10_000)).toBe('good');
    await busy;
  });

  it('sees the server freeze, thaw, freeze, thaw and end', async () => {
    const check = prismaCheck(prisma());
    const states = [await outcome(check)];
    for (const verb of ['pause', 'unpause', 'pause', 'unpause'] as const) {
      await postgres[verb]();
      states.push(await outcome(check, verb === 'pause' ? 300 : 10_000));
    }
    expect(states).toEqual(['good', 'limit reached', 'good', 'limit reached', 'good']);
    await postgres.stop();
    expect(await outcome(check)).toBe('unreachable');
  });
});
