import { option, sameAddress } from '@cutover/internal';
import { setServerAddress } from '../commands/server.ts';
import { checkOptions } from '../errors.ts';
import { changeServer, doingTo, SERVER_RULES, type ServerOptions } from './on-server.ts';
import { STATE_TIMEOUT } from './open.ts';
import type { ServerView } from './server-view.ts';
import type { Change, Haproxy } from './verb.ts';

export interface SetAddressOptions extends ServerOptions {
  /** An IP address, in any of its forms; a name would be resolved by HAProxy's configuration only. */
  address: string;
  port?: number | undefined;
}

/**
 * Gives a server another address and reads it back: from 3.0 HAProxy says "changed" before it takes effect, and a
 * second change sent before that is lost. Changes of one server wait for one another here.
 * @throws {HaproxyError} `not-ready` when it is not in force within `timeout` (5 s).
 */
export function setAddress(haproxy: Haproxy, options: SetAddressOptions): Promise<Change<ServerView>> {
  const doing = doingTo(haproxy, 'setting the address of', options);
  const { address, port, ...limits } = checkOptions(doing, options, RULES, { timeout: STATE_TIMEOUT });
  const done = (view: ServerView) =>
    sameAddress(view.address, address) && (port === undefined || view.port === port);
  const turn = `${options.backend}/${options.server}`;
  const change = () =>
    changeServer(haproxy, options, {
      doing,
      limits,
      plan: (before) => (done(before) ? [] : [setServerAddress(options, address, port)]),
      done,
      wanted: `${address}${port === undefined ? '' : `:${port}`}`,
      explain: (last) => ({ found: `${last.address}:${last.port}` }),
    });
  return haproxy.memory.inTurn(turn, limits.signal ?? new AbortController().signal, change);
}

const RULES = { ...SERVER_RULES, address: option.text, port: option.count };
