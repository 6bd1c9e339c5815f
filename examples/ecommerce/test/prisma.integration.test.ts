import { gracefulShutdown, waitForDatabase } from '@cutover/lifecycle';
import { startPostgres, type TestServer } from '@cutover/testing';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { PrismaClient } from '../src/generated/prisma/client.ts';

// The lifecycle package with a real Prisma client, which is generated here.

let server: TestServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server[Symbol.asyncDispose]());

function clientOf(connectionString: string): PrismaClient {
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString }) });
  onTestFinished(() => prisma.$disconnect());
  return prisma;
}

/** The server's URL with some of it replaced. */
const changed = (change: Partial<URL>): string => Object.assign(new URL(server.url()), change).toString();

describe('waitForDatabase with a Prisma client', () => {
  it('resolves when a query is answered', async () => {
    await waitForDatabase(clientOf(server.url()));
  });

  it('waits where $connect() resolves although nothing listens', async () => {
    const prisma = clientOf('postgresql://cutover@127.0.0.1:1/cutover');
    await prisma.$connect();
    await expect(waitForDatabase(prisma, { timeout: 300 })).rejects.toMatchObject({
      code: 'not-ready',
      message: expect.stringContaining('prisma: '),
    });
  });

  it.each([
    ['a wrong password', { password: 'wrong' }],
    ['no such database', { pathname: '/missing' }],
  ])('fails at once on %s, and shows no password', async (_, change) => {
    const attempts: unknown[] = [];
    const failed = waitForDatabase(clientOf(changed(change)), {
      onAttempt: (attempt) => attempts.push(attempt),
    });
    await expect(failed).rejects.toMatchObject({
      code: 'never-ready',
      message: expect.not.stringContaining('only-for-tests'),
    });
    expect(attempts).toHaveLength(1);
  });
});

describe('gracefulShutdown with a Prisma client', () => {
  it('disconnects it in the close phase, after the queries of the drain', async () => {
    const prisma = clientOf(changed({ search: '?application_name=drained' }));
    await prisma.$queryRaw`SELECT 1`;
    const shutdown = gracefulShutdown({ signals: [], trapErrors: false, exit: false, logger: false });
    shutdown.add('prisma', prisma);
    shutdown.add('work', () => prisma.$queryRaw`SELECT 1 FROM pg_sleep(0.1)`, { phase: 'drain' });
    expect(await shutdown.begin()).toMatchObject({
      outcome: 'clean',
      steps: [
        { name: 'work', outcome: 'done' },
        { name: 'prisma', phase: 'close', outcome: 'done' },
      ],
    });
    const client = new pg.Client(server.url());
    await client.connect();
    onTestFinished(() => client.end());
    const sessions = () =>
      client
        .query("SELECT 1 FROM pg_stat_activity WHERE application_name = 'drained'")
        .then(({ rows }) => rows);
    await expect.poll(sessions).toEqual([]);
  });
});
