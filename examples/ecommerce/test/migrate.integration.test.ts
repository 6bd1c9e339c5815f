import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { startPostgres, type TestServer } from '@cutover/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { applyMigrations } from '../src/migrate/apply.ts';
import { type Migration, readMigrations } from '../src/migrate/migrations.ts';

let postgres: TestServer;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres?.[Symbol.asyncDispose]());

/** A client on a database of its own. */
async function freshDatabase(): Promise<() => Promise<pg.Client>> {
  const name = `shop_${Math.random().toString(36).slice(2)}`;
  const admin = await connect(postgres.url());
  await admin.query(`CREATE DATABASE ${name}`);
  const url = new URL(postgres.url());
  url.pathname = name;
  return () => connect(url.href);
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

const migration = (name: string, sql: string): Migration => ({
  name,
  sql,
  checksum: createHash('sha256').update(sql).digest('hex'),
});

describe('applyMigrations', () => {
  it('brings an empty database to the schema, and finds nothing to do the next time', async () => {
    const client = await (await freshDatabase())();
    const migrations = await readMigrations(join(import.meta.dirname, '../prisma/migrations'));
    expect(await applyMigrations(client, migrations)).toEqual([
      '20261101000000_first',
      '20261125000000_orders_by_time',
    ]);
    expect(await applyMigrations(client, migrations)).toEqual([]);
    const { rows } = await client.query('SELECT name FROM "Product" ORDER BY id');
    expect(rows).toEqual([{ name: 'coffee' }, { name: 'teapot' }, { name: 'cup' }]);
  });

  it('lets one of many at a time work, as two slots that start together need it', async () => {
    const open = await freshDatabase();
    const clients = await Promise.all(Array.from({ length: 5 }, open));
    const once = [migration('1_once', 'CREATE TABLE once (id INT)')];
    const applied = await Promise.all(clients.map((client) => applyMigrations(client, once)));
    expect(applied.flat()).toEqual(['1_once']);
  });

  it('undoes a migration that fails half-way, and books only what was applied', async () => {
    const client = await (await freshDatabase())();
    const half = migration('2_half', 'CREATE TABLE half (id INT); SELECT no_such_function()');
    await expect(applyMigrations(client, [migration('1_good', 'SELECT 1'), half])).rejects.toThrow(
      /2_half.*no_such/,
    );
    const { rows } = await client.query('SELECT migration_name FROM "_prisma_migrations"');
    expect(rows).toEqual([{ migration_name: '1_good' }]);
    await expect(client.query('SELECT * FROM half')).rejects.toThrow(/does not exist/);
  });

  it('refuses a migration that was changed after it had been applied', async () => {
    const client = await (await freshDatabase())();
    await applyMigrations(client, [migration('1_first', 'SELECT 1')]);
    await expect(applyMigrations(client, [migration('1_first', 'SELECT 2')])).rejects.toThrow(
      /1_first was changed/,
    );
  });
});
