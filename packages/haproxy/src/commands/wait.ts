import { integer, line, name, type ServerName, server } from '../grammar/words.ts';
import { type Command, change, type Release } from './command.ts';

/** The longest delay that HAProxy reads, in milliseconds. */
export const LONGEST_WAIT = 2 ** 31 - 1;

/**
 * `wait … srv-removable` (3.0): until a server in maintenance has nothing under way; `timeout` when the limit passes
 * first.
 */
export const waitServerRemovable = (target: ServerName, limit: number): Command<true> =>
  wait(limit, `srv-removable ${server(target)}`, '3.0');

/** `wait … be-removable` (3.4): until an unpublished backend without servers is; `timeout` when not. */
export const waitBackendRemovable = (backend: string, limit: number): Command<true> =>
  wait(limit, `be-removable ${name(backend, 'backend')}`, '3.4');

/** Of `limit` milliseconds. Guarded like a change: an old worker would wait for its own sessions. */
const wait = (limit: number, condition: string, since: Release): Command<true> =>
  change(line('wait', integer(Math.ceil(limit), 'limit', 1, LONGEST_WAIT), condition), {
    done: /^(Done\.?)?$/,
    since,
  });
