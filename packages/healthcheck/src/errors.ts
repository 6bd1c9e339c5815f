import { brand, type ErrorTable, ExplainedError, type Explanation } from '@cutover/internal';

/** Each way a check can fail, what it means and what to do. */
export const healthcheckErrorCodes = {
  'invalid-options': {
    meaning: 'An option has a wrong name, type or value',
    fix: 'Correct the option that the message names; nothing was queried yet',
  },
  unreachable: {
    meaning: 'Nothing answers at that address: refused, reset, no such host, no such socket',
    fix: 'Check that it runs and listens there, and that the name resolves from inside this container; a container reaches another by its service name, not by localhost',
  },
  silent: {
    meaning: 'The target exists but did not answer in time',
    fix: 'Check the load of the target and what is in between: a frozen process, a full pool, a firewall that drops packets. Raise the limit only if it answers late',
  },
  'not-ready': {
    meaning: 'It answers that it is not ready yet: starting, recovering, loading',
    fix: 'Wait. If it stays so, read its log: a recovery that never ends, a restart loop, a container that was never started',
  },
  denied: {
    meaning: 'It answers and refuses access: wrong password, no such user, no permission',
    fix: 'Compare the credentials that this process really has with those of the server (a rotated secret, a variable that was never passed on); for a socket, run as a user who may open it',
  },
  misconfigured: {
    meaning: 'It answers that the request is impossible: no such database, TLS not offered or not trusted',
    fix: 'Correct the name of the database or the scheme of the URL; for a certificate, give its certificate authority with `ca` or `NODE_EXTRA_CA_CERTS`',
  },
  'driver-missing': {
    meaning: 'The driver that this check needs is not installed',
    fix: 'Install it in the image (`npm install pg` or `mysql2`, not as a dev dependency), or give the check your own client',
  },
  'bad-answer': {
    meaning: 'It answers, but not as expected',
    fix: 'Send the same request by hand from the same container and compare it with what the message expects: another service at that port, a redirect, an error page',
  },
  unhealthy: {
    meaning: 'The target exists and is not healthy',
    fix: 'The message says why. Errored or looping processes: read their log. An old heartbeat: the job hangs or died. Disk or memory: make room before it is full',
  },
} as const satisfies ErrorTable;

export type HealthcheckErrorCode = keyof typeof healthcheckErrorCodes;

/** Codes of failures that waiting will not fix. */
const PERMANENT: ReadonlySet<HealthcheckErrorCode> = new Set([
  'invalid-options',
  'denied',
  'misconfigured',
  'driver-missing',
]);

/**
 * The one error of this package. `code` is stable; `permanent` distinguishes "never" (a wrong password) from "not yet"
 * (nothing listening).
 */
export class HealthcheckError extends ExplainedError<HealthcheckErrorCode> {
  override readonly name = 'HealthcheckError';
  /** True when a retry cannot succeed unless something is changed. */
  readonly permanent: boolean;

  constructor(
    code: HealthcheckErrorCode,
    explanation: Explanation,
    options: { cause?: unknown; facts?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(code, explanation, options);
    this.permanent = PERMANENT.has(code);
  }
}
brand(HealthcheckError, 'HealthcheckError');

/** For `readOptions`: refuses an option of the function `what`. */
export const refuseOption =
  (what: string) =>
  ({ name, found, wanted }: { name: string; found: string; wanted: string }): HealthcheckError =>
    new HealthcheckError('invalid-options', { doing: `reading option '${name}' of ${what}`, found, wanted });
