import { ExplainedError, type Explanation } from '@cutover/internal';

/** Each way a check can fail and what it means; the table of the docs is made from this record. */
export const healthcheckErrorCodes = {
  'invalid-options': 'An option has a wrong name, type or value',
  unreachable: 'Nothing answers at that address: refused, reset, no such host, no such socket',
  silent: 'Something is there and did not answer in time',
  'not-ready': 'It answers that it is not ready yet: starting, recovering, loading',
  denied: 'It answers and refuses us: wrong password, no such user, no permission',
  misconfigured: 'It answers and what we ask for cannot be: no such database, TLS not offered or not trusted',
  'driver-missing': 'The driver that this check needs is not installed',
  'bad-answer': 'It answers, but not what was wanted',
  unhealthy: 'What was checked is there and is not well',
} as const;

export type HealthcheckErrorCode = keyof typeof healthcheckErrorCodes;

/** Codes of what no waiting will cure. */
const PERMANENT: ReadonlySet<HealthcheckErrorCode> = new Set([
  'invalid-options',
  'denied',
  'misconfigured',
  'driver-missing',
]);

/**
 * The one error of this package. `code` is stable; `permanent` tells "never" (a wrong password) from "not yet"
 * (nothing listening).
 */
export class HealthcheckError extends ExplainedError<HealthcheckErrorCode> {
  override readonly name = 'HealthcheckError';
  /** True when trying again without a change by somebody cannot succeed. */
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

/** Whether what a check threw can never become good by waiting. Own checks may throw any error with `permanent: true`. */
export const isPermanent = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'permanent' in error && error.permanent === true;

/** For `readOptions`: refuses an option of the function `what`. */
export const refuseOption =
  (what: string) =>
  ({ name, found, wanted }: { name: string; found: string; wanted: string }): HealthcheckError =>
    new HealthcheckError('invalid-options', { doing: `reading option '${name}' of ${what}`, found, wanted });
