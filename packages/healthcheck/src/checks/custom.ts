import type { Check, CheckDetails } from '../check.ts';
import { HealthcheckError } from '../errors.ts';
import { defineCheck } from './define-check.ts';
import { singleFlight } from './single-flight.ts';

/**
 * A check of anything else: MongoDB's `ping`, a channel of an AMQP connection, a licence server. What `run` throws is
 * read as a driver's error, to distinguish "not yet" from "never". While a `run` ignores its signal, no second one is
 * started. Its result is used only if it has a `status`, a `note` or `facts`.
 * @throws {HealthcheckError} `invalid-options` at the call.
 */
export function customCheck(
  name: string,
  run: (context: { readonly signal: AbortSignal }) => unknown,
): Check {
  if (typeof name !== 'string' || name === '' || typeof run !== 'function') {
    const explanation = {
      doing: 'reading customCheck',
      found: 'something else',
      wanted: 'a name and a function',
    };
    throw new HealthcheckError('invalid-options', explanation);
  }
  const work = async (signal: AbortSignal) => detailsIn(await run({ signal }));
  return defineCheck({ name, doing: `checking ${name}`, run: singleFlight(work) });
}

/** A driver's answer (`{ ok: 1 }`) is not a report and must not be shown as one. */
function detailsIn(answer: unknown): CheckDetails {
  const { status, note, facts } = Object(answer) as CheckDetails;
  return {
    ...((status === 'pass' || status === 'warn') && { status }),
    ...(typeof note === 'string' && { note }),
    ...(typeof facts === 'object' && facts !== null && { facts }),
  };
}
