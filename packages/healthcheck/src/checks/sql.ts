import { option, readOptions } from '@cutover/internal';
import type { Check } from '../check.ts';
import { refuseOption } from '../errors.ts';
import { type DatabaseUrl, readDatabaseUrl, type UrlRules } from './database-url.ts';
import { defineCheck } from './define-check.ts';
import { requireMethods } from './require-methods.ts';
import { singleFlight } from './single-flight.ts';

/** The needed part of a client: the query uses its connection or pool. */
export interface SqlClient {
  query(sql: string): Promise<unknown>;
}

export interface SqlCheckOptions {
  /** Default: that of the database. */
  name?: string;
  /** The query; default `SELECT 1`. */
  query?: string;
  /** Connects with TLS and trusts these certificates in place of Node's own, PEM; for a URL. */
  ca?: string;
}

export interface UrlQuery {
  readonly url: DatabaseUrl;
  readonly query: string;
  readonly ca: string | undefined;
}

/** What differs between databases. */
export interface SqlDatabase<Client extends SqlClient> {
  /** The function that makes the check. */
  readonly made: string;
  readonly title: string;
  readonly name: string;
  readonly urls: UrlRules;
  /** Opens a connection, sends the query, and closes it; an abort closes it at once. */
  readonly viaUrl: (asked: UrlQuery, signal: AbortSignal) => Promise<void>;
  readonly viaClient?: (client: Client, query: string) => (signal: AbortSignal) => Promise<void>;
}

/** A check that asks one query, over a URL or a client. */
export function sqlCheck<Client extends SqlClient>(
  { made, title, urls, viaUrl, viaClient = ask, ...database }: SqlDatabase<Client>,
  target: string | Client,
  options: SqlCheckOptions,
): Check {
  const { name, query, ca } = readOptions(
    options,
    { name: option.text, query: option.text, ca: option.text },
    { name: database.name, query: 'SELECT 1' },
    refuseOption(made),
  );
  if (typeof target !== 'string') {
    requireMethods(made, target, 'query');
    return defineCheck({ name, doing: `asking ${title}`, run: viaClient(target, query) });
  }
  const url = readDatabaseUrl(made, target, urls);
  const run = (signal: AbortSignal) => viaUrl({ url, query, ca }, signal);
  return defineCheck({ name, doing: `asking ${url.shown}`, secrets: url.secrets, run });
}

/** One query at a time through a client that cannot cancel it. */
export const ask = (client: SqlClient, query: string): ((signal: AbortSignal) => Promise<void>) =>
  singleFlight(async () => {
    await client.query(query);
  });
