import { messageOf, redactUrls } from '@cutover/internal';
import { HealthcheckError, type HealthcheckErrorCode } from '../errors.ts';

/** gRPC's status codes that mean more than an unexpected answer. */
const MEANINGS: Readonly<Record<number, HealthcheckErrorCode>> = {
  4: 'silent',
  5: 'not-ready', // not found: a namespace that is registered only after the server has started
  7: 'denied',
  8: 'not-ready', // resource exhausted
  14: 'not-ready', // unavailable
  16: 'denied',
};
const UNAVAILABLE = 14;

/** Runs `work`; a failure with a gRPC status becomes an error that distinguishes "not yet" from "never". */
export async function asking<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const status = (Object(cause) as { code?: unknown }).code;
    if (typeof status !== 'number') throw cause;
    const found = redactUrls(messageOf(cause)).slice(0, 300);
    throw new HealthcheckError(codeOf(status, found), { doing, found }, { cause, facts: { status } });
  }
}

/**
 * The client itself also reports UNAVAILABLE, and the reason only as text: "No connection established. Last error:
 * …"
 */
function codeOf(status: number, found: string): HealthcheckErrorCode {
  if (status !== UNAVAILABLE || !found.includes('No connection established'))
    return MEANINGS[status] ?? 'bad-answer';
  return /certificate|SSL/.test(found) ? 'misconfigured' : 'unreachable';
}
