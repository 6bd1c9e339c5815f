import type { Check } from '../check.ts';
import { loadDriver } from './driver.ts';
import { loginOf } from './mysql-login.ts';
import { type SqlCheckOptions, type SqlClient, type SqlDatabase, sqlCheck } from './sql.ts';
import { withResource } from './with-resource.ts';

/**
 * MySQL or MariaDB answers a query. A URL opens one connection a run with `mysql2`, loaded at the first; a client is a
 * connection or pool of `mysql2/promise`.
 * @throws {HealthcheckError} as {@link postgresCheck}.
 */
export const mysqlCheck = (target: string | SqlClient, options: SqlCheckOptions = {}): Check =>
  sqlCheck(mysql, target, options);

const mysql: SqlDatabase<SqlClient> = {
  made: 'mysqlCheck',
  title: 'MySQL',
  name: 'mysql',
  urls: { schemes: ['mysql:', 'mariadb:'], socket: 'socket' },
  viaUrl: async ({ url, query, ca }, signal) => {
    const { createConnection } = await loadDriver('mysql2', () => import('mysql2'));
    const login = await loginOf(url, ca);
    await withResource<void>(signal, ({ resolve, reject }) => {
      const connection = createConnection(login);
      connection.on('error', reject);
      connection.query(query, (error) => (error ? reject(error) : resolve()));
      return () => connection.destroy();
    });
  },
};
