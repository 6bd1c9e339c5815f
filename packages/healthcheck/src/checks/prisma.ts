import { option, readOptions } from '@cutover/internal';
import type { Check } from '../check.ts';
import { refuseOption } from '../errors.ts';
import { defineCheck } from './define-check.ts';
import { requireMethods } from './require-methods.ts';
import { singleFlight } from './single-flight.ts';

/** What is needed of a PrismaClient on a SQL database. */
export interface PrismaClientLike {
  $queryRaw(query: TemplateStringsArray, ...values: unknown[]): PromiseLike<unknown>;
}

export interface PrismaCheckOptions {
  /** Default `prisma`. */
  name?: string;
}

/**
 * A PrismaClient answers a query, over the pool it has. `$connect` is never asked: with a driver adapter it succeeds
 * when nothing listens (Prisma 7). A query that hangs cannot be called off; no second one is sent meanwhile.
 * @throws {HealthcheckError} as {@link postgresCheck}, by the kind that Prisma's adapters report.
 */
export function prismaCheck(client: PrismaClientLike, options: PrismaCheckOptions = {}): Check {
  const refuse = refuseOption('prismaCheck');
  const { name } = readOptions(options, { name: option.text }, { name: 'prisma' }, refuse);
  requireMethods('prismaCheck', client, '$queryRaw');
  const run = singleFlight(async () => {
    await client.$queryRaw`SELECT 1`;
  });
  return defineCheck({ name, doing: 'asking the database through Prisma', run });
}
