import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import type { Migration } from './migrations.ts';

/** The advisory lock that Prisma's own engine takes, so that both never run at once. */
const PRISMA_LOCK = 72_707_369;

const TABLE = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL,
  "checksum" VARCHAR(64) NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "migration_name" VARCHAR(255) NOT NULL,
  "logs" TEXT,
  "rolled_back_at" TIMESTAMPTZ,
  "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)`;

const INSERT = `INSERT INTO "_prisma_migrations"
  ("id", "checksum", "migration_name", "finished_at", "applied_steps_count") VALUES ($1, $2, $3, now(), 1)`;

/**
 * Applies the missing migrations, each in one transaction, and records them in Prisma's own table, so that
 * `prisma migrate deploy` finds nothing left to do. Returns the names applied.
 * @throws if a migration fails, or a recorded one was changed afterwards
 */
export async function applyMigrations(client: Client, migrations: readonly Migration[]): Promise<string[]> {
  await client.query('SELECT pg_advisory_lock($1)', [PRISMA_LOCK]);
  try {
    await client.query(TABLE);
    const booked = await bookedMigrations(client);
    const missing = migrations.filter(({ name }) => !booked.has(name));
    for (const { name, checksum } of migrations) refuseChanged(name, checksum, booked.get(name));
    for (const migration of missing) await applyOne(client, migration);
    return missing.map(({ name }) => name);
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [PRISMA_LOCK]);
  }
}

async function bookedMigrations(client: Client): Promise<Map<string, string>> {
  const { rows } = await client.query<{ migration_name: string; checksum: string }>(
    'SELECT "migration_name", "checksum" FROM "_prisma_migrations" WHERE "finished_at" IS NOT NULL AND "rolled_back_at" IS NULL',
  );
  return new Map(rows.map((row) => [row.migration_name, row.checksum]));
}

function refuseChanged(name: string, checksum: string, booked: string | undefined): void {
  if (booked === undefined || booked === checksum) return;
  throw new Error(
    `applying migrations: ${name} was changed after it had been applied. Fix: write a new migration`,
  );
}

async function applyOne(client: Client, { name, sql, checksum }: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query(INSERT, [randomUUID(), checksum, name]);
    await client.query('COMMIT');
  } catch (cause) {
    await client.query('ROLLBACK');
    throw new Error(`applying migration ${name}: ${(cause as Error).message}`, { cause });
  }
}
