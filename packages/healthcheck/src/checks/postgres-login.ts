import type { ConnectionOptions } from 'node:tls';
import { type Host, isSocket } from './database-hosts.ts';
import type { DatabaseUrl } from './database-url.ts';
import { readTlsFiles } from './tls-files.ts';

/** The parameters of a URL that are passed on to the server. */
const PASSED = [
  'options',
  'application_name',
  'fallback_application_name',
  'client_encoding',
  'statement_timeout',
];

/** What `pg` needs to log in at one of the hosts. For empty values it uses its defaults. */
export const loginAt = (
  { host, port = 5432 }: Host,
  { user, password, database, params }: DatabaseUrl,
  tls: ConnectionOptions | false | undefined,
) => ({
  ...Object.fromEntries([...params].filter(([name]) => PASSED.includes(name))),
  host: host || 'localhost',
  port,
  ...(user && { user }),
  ...(password && { password }),
  ...(database && { database }),
  // PostgreSQL has no TLS on a Unix socket.
  ...(isSocket({ host, port }) ? { ssl: false } : tls !== undefined && { ssl: tls }),
});

/**
 * The TLS that a URL asks for, as `pg` 8 reads it: each mode that encrypts also verifies certificate and host name,
 * except `no-verify`, and libpq's modes where the URL has `uselibpqcompat=true`. With `ca`, both are always
 * verified.
 */
export async function tlsOf(
  params: URLSearchParams,
  ca: string | undefined,
): Promise<ConnectionOptions | false | undefined> {
  const proof = params.get('sslrootcert') === 'system' ? 'verify-full' : undefined;
  const mode = params.get('sslmode') ?? params.get('ssl') ?? proof;
  const files = await readTlsFiles(params, { ca: 'sslrootcert', cert: 'sslcert', key: 'sslkey' });
  if (ca !== undefined) return { ...files, ca };
  if (mode === undefined && Object.keys(files).length === 0) return undefined;
  if (/^(disable|false|0)$/.test(mode ?? '')) return false;
  if (mode === 'no-verify') return { ...files, rejectUnauthorized: false };
  return { ...files, ...(params.get('uselibpqcompat') === 'true' && leniency(mode, files.ca !== undefined)) };
}

/** What libpq does not verify: without a certificate authority nothing is verified, with one the host name is not. */
function leniency(mode: string | undefined, hasAuthority: boolean): ConnectionOptions {
  if (mode === 'verify-full' || (mode === 'verify-ca' && !hasAuthority)) return {};
  if (hasAuthority) return { checkServerIdentity: () => undefined };
  return { rejectUnauthorized: false };
}
