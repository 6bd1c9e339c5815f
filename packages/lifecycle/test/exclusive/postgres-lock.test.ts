import { FakeClock } from '@cutover/internal/testing';
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
      return { rows: [] };
    };
    const client = { query, on: () => {}, off: () => {}, release: () => {} };
    await postgresLock(async () => client, { name: 'cron', lease, clock: new FakeClock() });
    expect(asked).toContain(`SET idle_session_timeout = ${limit}`);
  });
});
