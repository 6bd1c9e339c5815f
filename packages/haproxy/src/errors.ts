import { ExplainedError, type OptionRule, readOptions } from '@cutover/internal';

/**
 * `invalid`: an option, name or value that is refused before anything is sent. `unreachable`: no connection.
 * `busy`: HAProxy serves as many runtime connections as it will (`stats maxconn`). `timeout`: no answer in time.
 * `truncated`: the answer was cut off. `lost`: the connection broke after a change was sent; whether it took effect is
 * unknown, so read before you repeat it. `stale-worker`: a reload happened meanwhile. `not-found`, `denied`,
 * `unsupported`, `conflict`: HAProxy says so. `refused`: it refused for another reason. `not-ready`: a server is not
 * in the state that the step needs. `unexpected`: an answer that makes no sense. `closed`: this client was closed.
 * `file`: a file could not be written.
 */
export type HaproxyErrorCode =
  | 'invalid'
  | 'unreachable'
  | 'busy'
  | 'timeout'
  | 'truncated'
  | 'lost'
  | 'stale-worker'
  | 'not-found'
  | 'denied'
  | 'unsupported'
  | 'conflict'
  | 'refused'
  | 'not-ready'
  | 'unexpected'
  | 'closed'
  | 'file';

/** What went wrong between us and HAProxy; `code` is stable, the message is for people. */
export class HaproxyError extends ExplainedError<HaproxyErrorCode> {
  override readonly name = 'HaproxyError';
}

export const isHaproxyError = (
  thrown: unknown,
  ...codes: readonly HaproxyErrorCode[]
): thrown is HaproxyError =>
  thrown instanceof HaproxyError && (codes.length === 0 || codes.includes(thrown.code));

/** Options of one call, checked against a table; anything else is `invalid`. */
export const checkOptions = <T extends object, D extends Partial<T>>(
  doing: string,
  given: T,
  rules: Readonly<Record<keyof T & string, OptionRule>>,
  defaults: D,
): Checked<T, D> => {
  if (typeof given !== 'object' || given === null) {
    throw new HaproxyError('invalid', { doing, found: 'no options', wanted: 'an object' });
  }
  return readOptions(given, rules, defaults, ({ name, found, wanted }) => {
    return new HaproxyError('invalid', { doing, found: `option ${name}: ${found}`, wanted });
  }) as Checked<T, D>;
};

/** What has a default is there. */
type Checked<T, D> = T & { [K in keyof D & keyof T]-?: Exclude<T[K], undefined> };
