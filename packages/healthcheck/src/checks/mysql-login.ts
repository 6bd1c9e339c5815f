import type { ConnectionOptions } from 'mysql2';
import { isSocket } from './database-hosts.ts';
import type { DatabaseUrl } from './database-url.ts';
import { readTlsFiles } from './tls-files.ts';

/** What `mysql2` needs to log in. Its own parameters are passed on; those of other tools are converted or ignored. */
export async function loginOf(
  { hosts: [host], user, password, database, params }: DatabaseUrl,
  ca: string | undefined,
): Promise<ConnectionOptions> {
  const own = [...params].filter(([name]) => !OF_OTHERS.test(name));
  const ssl = await tlsOf(params, ca);
  return {
    ...Object.fromEntries(own.map(([name, value]) => [name, parse(value)])),
    ...(isSocket(host)
      ? { socketPath: host.host }
      : { host: host.host || 'localhost', port: host.port ?? 3306 }),
    user,
    password,
    database,
    ...(ssl && { ssl }),
  };
}

/** Parameters of Prisma and MySQL, for which `mysql2` would warn; its own names have neither `_` nor `-`. */
const OF_OTHERS =
  /[_-]|^(socket|schema|dbname|user|password|host|port|ssl(mode|accept|cert|identity|password))$/;

/** As `mysql2` reads a parameter. */
function parse(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/**
 * By MySQL's `ssl-mode`, and Prisma's `sslaccept` and `sslcert`; with TLS the certificate is verified unless the URL
 * says otherwise.
 */
async function tlsOf(params: URLSearchParams, ca: string | undefined): Promise<ConnectionOptions['ssl']> {
  if (ca !== undefined) return { ca, verifyIdentity: true };
  const mode = (params.get('ssl-mode') ?? params.get('sslmode') ?? '').toLowerCase().replaceAll('_', '-');
  const accept = params.get('sslaccept');
  const files = await readTlsFiles(params, { ca: 'sslcert' });
  if (!/^(require|verify)/.test(mode) && !accept && !files.ca) return undefined;
  return {
    ...files,
    ...(/^verify-(identity|full)$/.test(mode) && { verifyIdentity: true }),
    ...(accept === 'accept_invalid_certs' && { rejectUnauthorized: false }),
  };
}
