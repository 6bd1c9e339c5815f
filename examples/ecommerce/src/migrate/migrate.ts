import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import pg from 'pg';
import { config } from '../config.ts';
import { applyMigrations } from './apply.ts';
import { readMigrations } from './migrations.ts';

/**
 * Brings the database to this image's schema: by Prisma's own engine where its command line is installed, else
 * by the applier in this folder. Both use the same lock and the same migration table.
 */
export async function migrate(): Promise<void> {
  const prisma = prismaCommand();
  if (prisma) {
    await promisify(execFile)(process.execPath, [prisma, 'migrate', 'deploy']);
    return;
  }
  const client = new pg.Client({ connectionString: config.databaseUrl, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
    const applied = await applyMigrations(client, await readMigrations('prisma/migrations'));
    console.log(
      applied.length > 0 ? `migrations applied: ${applied.join(', ')}` : 'migrations: none to apply',
    );
  } finally {
    await client.end();
  }
}

/** Prisma's command line, if the image has it: bundles for production usually leave it out. */
function prismaCommand(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve('prisma/build/index.js');
  } catch {
    return undefined;
  }
}
