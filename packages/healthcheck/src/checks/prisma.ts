import { option, readOptions } from '@cutover/internal';
import type { Check } from '../check.ts';
import { refuseOption } from '../errors.ts';
import { defineCheck } from './define-check.ts';
import { requireMethods } from './require-methods.ts';
import { singleFlight } from './single-flight.ts';

/** The needed part of a PrismaClient on a SQL database. */
export interface PrismaClientLike {
  $queryRaw(query: TemplateStringsArray, ...values: unknown[]): PromiseLike<unknown>;
}

export interface PrismaCheckOptions {
  /** Default `prisma`. */
  name?: string;
}

/**
 * A PrismaClient answers a query over its own pool. `$connect` is never called: with a driver adapter it succeeds
 * even when nothing listens (Prisma 7). A hanging query cannot be cancelled; until it ends, no second one is sent.
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
