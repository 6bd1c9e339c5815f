import { option } from '@cutover/internal';
import { setServerAddress } from '../commands/server.ts';
import { checkOptions } from '../errors.ts';
import type { ServerName } from '../grammar/words.ts';
import { STATE_TIMEOUT } from './open.ts';
import { SERVER_RULES, type ServerView, viewServer } from './server-view.ts';
import { type Change, carryOut, type Haproxy, VERB_RULES, type VerbOptions } from './verb.ts';

export interface SetAddressOptions extends ServerName, VerbOptions {
  /** An IP address; a name would be resolved by HAProxy's configuration only. */
  address: string;
  port?: number | undefined;
}

/**
 * Gives a server another address and reads it back: from 3.0 HAProxy says "changed" before it is, and a second change
 * sent before that is lost. Changes of one server wait for one another here.
 * @throws {HaproxyError} `not-ready` when it is not in force within `timeout` (5 s).
 */
export function setAddress(haproxy: Haproxy, options: SetAddressOptions): Promise<Change<ServerView>> {
  const doing = `setting the address of ${options?.backend}/${options?.server} at ${haproxy.label}`;
  const { address, port, ...limits } = checkOptions(doing, options, RULES, { timeout: STATE_TIMEOUT });
  const done = (view: ServerView) => view.address === address && (port === undefined || view.port === port);
  const turn = `${options.backend}/${options.server}`;
  const change = () =>
    carryOut(haproxy, {
      doing,
      limits,
      read: (signal) => viewServer(haproxy, options, signal),
      plan: (before) => (done(before) ? [] : [setServerAddress(options, address, port)]),
      done,
      explain: (last) => ({
        found: `${last.address}:${last.port}`,
        wanted: `${address}:${port ?? last.port}`,
      }),
    });
  return haproxy.memory.inTurn(turn, limits.signal ?? new AbortController().signal, change);
}

const RULES = { ...SERVER_RULES, ...VERB_RULES, address: option.text, port: option.count };
