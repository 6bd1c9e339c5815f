import { PrismaPg } from '@prisma/adapter-pg';
import { config } from './config.ts';
import { PrismaClient } from './generated/prisma/client.ts';

export type Database = PrismaClient;

/** A Prisma client over node-postgres. Small pools: two slots with several processes share one server. */
export const createDatabase = (): Database =>
  new PrismaClient({
    adapter: new PrismaPg({
      connectionString: config.databaseUrl,
      max: 5,
      // Without a limit a server that does not answer would block a query forever.
      connectionTimeoutMillis: 10_000,
    }),
  });
