import {
  brand,
  type ErrorTable,
  ExplainedError,
  type OptionRule,
  readOptions,
  type TimeoutError,
} from '@cutover/internal';

/** Why a call failed; the meaning and the fix of each code are in `docs/errors.md`. */
export type HaproxyErrorCode =
  | 'invalid-options'
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

export const haproxyErrorCodes: ErrorTable<HaproxyErrorCode> = {
  'invalid-options': {
    meaning: 'An option, name or value is refused before anything is sent',
    fix: 'Correct what the message names; HAProxy was not touched',
  },
  unreachable: {
    meaning: 'No connection to the runtime socket',
    fix: 'Check that HAProxy runs (`docker compose ps`), that the path is the one this process sees, and that its user may open it; over a network, that only this host may connect',
  },
  busy: {
    meaning: 'HAProxy serves its maximum of runtime connections',
    fix: 'Close idle clients of the socket, or raise `stats maxconn` (default 10)',
  },
  timeout: {
    meaning: 'No answer in time, or a wait that did not end in time',
    fix: 'Check the load of the machine and of HAProxy; a change that was sent may still take effect, so read the state before you repeat it',
  },
  truncated: {
    meaning: 'The answer was cut off',
    fix: 'Repeat the read. If it happens again, HAProxy is being reloaded or killed: see its log',
  },
  lost: {
    meaning: 'The connection broke after a change was sent; whether it took effect is unknown',
    fix: 'Read the state (`show servers state`, `show map`) before you repeat it',
  },
  'stale-worker': {
    meaning: 'Only a worker that is stopping answers: a reload happened meanwhile',
    fix: 'Wait until the reload has finished. If that takes long, the old worker still has connections: see `hard-stop-after`, or restart HAProxy',
  },
  'not-found': {
    meaning: 'HAProxy knows no backend, server, map or entry of that name',
    fix: 'Compare the name with `show servers state` or `show map`; a server or an entry added at run time is gone after a restart',
  },
  denied: {
    meaning: 'The level of the socket does not allow the command',
    fix: 'Write `stats socket … level admin` in haproxy.cfg, or connect to a socket that has it',
  },
  unsupported: {
    meaning: 'This version of HAProxy does not know the command',
    fix: 'Update HAProxy to the version that the message names, or do not use the command',
  },
  conflict: {
    meaning: 'Something else changes the same thing, or it is in use',
    fix: 'Find the other program or person that changes HAProxy, take one lock around all changes, then run it again',
  },
  refused: {
    meaning: 'HAProxy refused for another reason; its text is in `facts.answer`',
    fix: 'Read the text; the same command sent with `socat` returns it too',
  },
  'not-ready': {
    meaning: 'A server is not in the state that the step needs; traffic has not moved',
    fix: 'Find out why its checks fail (`show servers state`, the log of the service), then warm it again',
  },
  unexpected: {
    meaning: 'An invalid answer',
    fix: 'Check that the address is the runtime socket of HAProxy and not its stats page or another program; else report it with the answer',
  },
  closed: {
    meaning: 'This client was closed',
    fix: 'Do not use a client after `close()`: some code still ran while the process was ending',
  },
  file: {
    meaning: 'A file could not be written; the running state is right, the stored state is not',
    fix: 'Free disk space or allow this user to write in the directory, mount the directory instead of the file, and store again before HAProxy is restarted',
  },
};

/** The error of this package; `code` is stable, the message is for people. */
export class HaproxyError extends ExplainedError<HaproxyErrorCode> {
  override readonly name = 'HaproxyError';
}
brand(HaproxyError, 'HaproxyError');

/** For `bounded`: the operation that reached its limit. */
export const timedOut =
  (doing: string) =>
  (late: TimeoutError): HaproxyError =>
    new HaproxyError('timeout', { doing, found: late.message }, { cause: late });

export const isHaproxyError = (
  thrown: unknown,
  ...codes: readonly HaproxyErrorCode[]
): thrown is HaproxyError =>
  thrown instanceof HaproxyError && (codes.length === 0 || codes.includes(thrown.code));

/** Options of one call, checked against a table; anything else is `invalid-options`. */
export const checkOptions = <T extends object, D extends Partial<T>>(
  doing: string,
  given: T,
  rules: Readonly<Record<keyof T & string, OptionRule>>,
  defaults: D,
): Checked<T, D> => {
  if (typeof given !== 'object' || given === null) {
    throw new HaproxyError('invalid-options', { doing, found: 'no options', wanted: 'an object' });
  }
  return readOptions(given, rules, defaults, ({ name, found, wanted }) => {
    return new HaproxyError('invalid-options', { doing, found: `option ${name}: ${found}`, wanted });
  }) as Checked<T, D>;
};

/** Options with a default are always set. */
type Checked<T, D> = T & { [K in keyof D & keyof T]-?: Exclude<T[K], undefined> };
