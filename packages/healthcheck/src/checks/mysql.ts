import { option, readOptions, redactUrl } from '@cutover/internal';
import type { Check } from '../check.ts';
import { refuseOption } from '../errors.ts';
import { readDatabaseUrl, requireMethods } from './database-url.ts';
import { defineCheck } from './define-check.ts';
import { loadDriver } from './driver.ts';
import { held } from './held.ts';
import { joined } from './joined.ts';

/** What is needed of a connection or pool of `mysql2/promise`. */
export interface MysqlClient {
  query(sql: string): Promise<unknown>;
}

export interface MysqlCheckOptions {
  /** Default `mysql`. */
  name?: string;
  /** The question; default `SELECT 1`. */
  query?: string;
}

/**
 * MySQL or MariaDB answers a query. A URL opens one connection a run with `mysql2`, loaded at the first.
 * @throws {HealthcheckError} as {@link postgresCheck}.
 */
export function mysqlCheck(target: string | MysqlClient, options: MysqlCheckOptions = {}): Check {
  const { name, query } = readOptions(
    options,
    { name: option.text, query: option.text },
    { name: 'mysql', query: 'SELECT 1' },
    refuseOption('mysqlCheck'),
  );
  if (typeof target !== 'string') {
    requireMethods('mysqlCheck', target, 'query');
    const run = joined(async () => {
      await target.query(query);
    });
    return defineCheck({ name, doing: 'asking MySQL', run });
  }
  const url = readDatabaseUrl('mysqlCheck', target, ['mysql:', 'mariadb:']);
  const uri = target.replace(/^mariadb:/, 'mysql:');
  return defineCheck({
    name,
    doing: `asking ${redactUrl(url)}`,
    run: (signal) => viaUrl(uri, query, signal),
  });
}

async function viaUrl(uri: string, query: string, signal: AbortSignal): Promise<void> {
  const mysql = await loadDriver('mysql2', () => import('mysql2'));
  await held<void>(signal, ({ resolve, reject }) => {
    const connection = mysql.createConnection({ uri });
    connection.on('error', reject);
    connection.query(query, (error) => (error ? reject(error) : resolve()));
    return () => connection.destroy();
  });
}
