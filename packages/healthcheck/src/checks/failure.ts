import { messageOf, redact, redactThrown } from '@cutover/internal';
import { HealthcheckError, type HealthcheckErrorCode } from '../errors.ts';

/**
 * The codes and words with which drivers, Node and servers report a failure. PostgreSQL: SQLSTATE, appendix A of its
 * manual. MySQL: error symbols. MongoDB: `codeName`. Prisma 7: `kind` of its adapter errors; Prisma 6 and before:
 * P1xxx. The rest is Node and OpenSSL.
 */
const MEANINGS: Readonly<Partial<Record<HealthcheckErrorCode, string>>> = {
  denied: `28P01 28000 42501 ER_ACCESS_DENIED_ERROR ER_DBACCESS_DENIED_ERROR ER_HOST_NOT_PRIVILEGED
    ER_ACCESS_DENIED_NO_PASSWORD_ERROR AuthenticationFailed DatabaseAccessDenied P1000 P1010
    WRONGPASS NOAUTH NOPERM Unauthorized EACCES EPERM pm2-not-allowed`,
  misconfigured: `3D000 ER_BAD_DB_ERROR DatabaseDoesNotExist TlsConnectionError P1003 P1011 P1012 P1013
    HANDSHAKE_NO_SSL_SUPPORT CERT_HAS_EXPIRED DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN
    UNABLE_TO_VERIFY_LEAF_SIGNATURE UNABLE_TO_GET_ISSUER_CERT UNABLE_TO_GET_ISSUER_CERT_LOCALLY
    EPROTO ERR_INVALID_URL ERR_SOCKET_BAD_PORT ENAMETOOLONG pm2-not-pm2`,
  'not-ready': `57P01 57P02 57P03 53300 LOADING MASTERDOWN BUSY TRYAGAIN CLUSTERDOWN ER_CON_COUNT_ERROR
    NotWritablePrimary NotPrimaryNoSecondaryOk PrimarySteppedDown InterruptedAtShutdown`,
  unreachable: `ECONNREFUSED ECONNRESET EPIPE ENOTFOUND EAI_AGAIN EHOSTUNREACH ENETUNREACH EADDRNOTAVAIL ENOENT
    HPE_INVALID_EOF_STATE PROTOCOL_CONNECTION_LOST DatabaseNotReachable ConnectionClosed P1001 P1017
    pm2-not-running pm2-closed`,
  silent: 'ETIMEDOUT ESOCKETTIMEDOUT ERR_TLS_HANDSHAKE_TIMEOUT SocketTimeout P1002 P1008 pm2-silent',
  'driver-missing': 'ERR_MODULE_NOT_FOUND MODULE_NOT_FOUND',
};

const CODE_OF = new Map(
  Object.entries(MEANINGS).flatMap(([code, words]) =>
    words.split(/\s+/).map((word) => [word, code as HealthcheckErrorCode] as const),
  ),
);

/** Drivers that give no code, by their messages. */
const CODE_OF_MESSAGE: readonly (readonly [RegExp, HealthcheckErrorCode])[] = [
  // amqplib: the broker's close message, or a close where it should have opened a virtual host.
  [/\(ACCESS-REFUSED\)/, 'denied'],
  [/does not support SSL|certificate|Expected ConnectionOpenOk/i, 'misconfigured'],
  [/^ERR (invalid password|AUTH |Client sent AUTH|DB index|invalid DB)/, 'denied'],
  [
    /connection terminated|socket hang up|(closed the|before secure TLS) connection|(connection|channel|socket)\b.* closed/i,
    'unreachable',
  ],
  [/timeout|timed ?out/i, 'silent'],
];

/**
 * Converts what a driver threw while `doing` to an error of this package, which distinguishes "not yet" from "never"
 * and shows none of the `secrets`.
 */
export function failureOf(doing: string, thrown: unknown, secrets: readonly string[] = []): HealthcheckError {
  if (thrown instanceof HealthcheckError) return thrown;
  const found = redact(messageOf(thrown), secrets).replace(/\s+/g, ' ').trim().slice(0, 300);
  const cause = redactThrown(thrown, secrets);
  return new HealthcheckError(codeOf(thrown), { doing, found }, { cause });
}

function codeOf(thrown: unknown): HealthcheckErrorCode {
  const codes = wordsOf(thrown).flatMap((word) => meaningOf(word) ?? []);
  const message = messageOf(thrown);
  // The most specific code wins: Prisma's P2010 contains the kind, which contains PostgreSQL's own code.
  return codes[0] ?? CODE_OF_MESSAGE.find(([pattern]) => pattern.test(message))?.[1] ?? 'bad-answer';
}

/** Node gives each of OpenSSL's many errors a prefix; waiting fixes none of them. */
const meaningOf = (word: string): HealthcheckErrorCode | undefined =>
  CODE_OF.get(word) ?? (/^ERR_(SSL|TLS)_/.test(word) ? 'misconfigured' : undefined);

/** Every `code` and `kind` in an error, its cause, its parts and Prisma's `meta`, deepest first. */
function wordsOf(thrown: unknown, depth = 0): string[] {
  if (typeof thrown !== 'object' || thrown === null || depth > 5) return [];
  const { code, codeName, originalCode, kind, cause, errors, meta, driverAdapterError } = thrown as Record<
    string,
    unknown
  >;
  const inner = [cause, meta, driverAdapterError, ...(Array.isArray(errors) ? errors.slice(0, 8) : [])];
  return [
    ...inner.flatMap((part) => wordsOf(part, depth + 1)),
    ...[code, codeName, originalCode, kind].filter((word): word is string => typeof word === 'string'),
  ];
}
