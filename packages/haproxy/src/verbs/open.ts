import { setServerState } from '../commands/server.ts';
import { checkOptions, HaproxyError } from '../errors.ts';
import type { ServerName } from '../grammar/words.ts';
import {
  describeServer,
  isFit,
  isWarm,
  SERVER_RULES,
  type ServerView,
  takesTraffic,
  viewServer,
} from './server-view.ts';
import { type Change, carryOut, type Haproxy, VERB_RULES, type VerbOptions } from './verb.ts';

/** Milliseconds for a change of state to show. */
export const STATE_TIMEOUT = 5_000;

export interface ServerOptions extends ServerName, VerbOptions {}

/**
 * Gives traffic to a server that was warmed, and reads back that it is up at full health; one that already takes
 * traffic is left as it is.
 * @throws {HaproxyError} `not-ready` when it was not warmed: from maintenance a server counts as up before its first
 *   check; or when it is not up within `timeout` (5 s).
 */
export function open(haproxy: Haproxy, options: ServerOptions): Promise<Change<ServerView>> {
  const doing = `opening ${options?.backend}/${options?.server} at ${haproxy.label}`;
  const limits = checkOptions(doing, options, RULES, { timeout: STATE_TIMEOUT });
  return carryOut(haproxy, {
    doing,
    limits,
    read: (signal) => viewServer(haproxy, options, signal),
    plan: (before) => {
      if (isOpen(before)) return [];
      if (!isWarm(before)) throw notWarm(doing, before);
      return [setServerState(options, 'ready')];
    },
    done: isOpen,
    explain: (last) => ({ found: describeServer(last), wanted: 'UP at full health' }),
  });
}

/** Takes a server out of traffic and checks: state `maint`, read back. What is under way there goes on. */
export function close(haproxy: Haproxy, options: ServerOptions): Promise<Change<ServerView>> {
  const doing = `closing ${options?.backend}/${options?.server} at ${haproxy.label}`;
  const limits = checkOptions(doing, options, RULES, { timeout: STATE_TIMEOUT });
  return carryOut(haproxy, {
    doing,
    limits,
    read: (signal) => viewServer(haproxy, options, signal),
    plan: ({ admin }) => (admin.maint ? [] : [setServerState(options, 'maint')]),
    done: ({ admin, status }) => admin.maint && status.state === 'maint',
    explain: (last) => ({ found: describeServer(last), wanted: 'MAINT' }),
  });
}

export const RULES = { ...SERVER_RULES, ...VERB_RULES };

export const isOpen = (view: ServerView): boolean =>
  takesTraffic(view) && view.status.progress === undefined && (view.health === undefined || isFit(view));

const notWarm = (doing: string, view: ServerView) =>
  new HaproxyError('not-ready', {
    doing,
    found: describeServer(view),
    wanted: 'DRAIN at full health, so that no request meets an app that is not there',
    fix: 'warm it first',
  });
