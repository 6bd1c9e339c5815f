import { FakeClock } from '@cutover/testing';
import { describe, expect, it } from 'vitest';
import { postgresLock } from '../../src/exclusive/postgres-lock.ts';

describe('postgresLock', () => {
  it.each([
    [15_000.5, 15_001],
    [2 ** 31 - 1, 2 ** 31 - 1],
    // PostgreSQL refuses a longer one, and would then keep the session of a holder that is gone.
    [2 ** 31, 2 ** 31 - 1],
    [1e12, 2 ** 31 - 1],
  ])('lets the server end a session that is silent for a lease of %d ms', async (lease, limit) => {
    const asked: string[] = [];
    const query = async (sql: string) => {
      asked.push(sql);
      return { rows: [{ pid: 7 }] };
    };
    const client = { processID: 7, query, on: () => {}, off: () => {}, release: () => {} };
    const sessions = { open: async () => client, openAnother: async () => client };
    const { signal } = new AbortController();
    const options = { name: 'cron', lease, clock: new FakeClock(), doing: 'locking cron', signal };
    await postgresLock(sessions, options);
    expect(asked).toContain(`SET idle_session_timeout = ${limit}`);
  });
});
