import { setServerState } from '../commands/server.ts';
import { checkOptions, HaproxyError } from '../errors.ts';
import { changeServer, doingTo, SERVER_RULES, type ServerOptions } from './on-server.ts';
import { describeServer, isFit, isWarm, type ServerView, takesTraffic } from './server-view.ts';
import type { Change, Haproxy } from './verb.ts';

/** Milliseconds for a change of state to show. */
export const STATE_TIMEOUT = 5_000;

/**
 * Gives traffic to a server that was warmed, and reads back that it is up at full health; one that already takes
 * traffic is left as it is.
 * @throws {HaproxyError} `not-ready` when it was not warmed: from maintenance a server counts as up before its first
 *   check; or when it is not up within `timeout` (5 s).
 */
export function open(haproxy: Haproxy, options: ServerOptions): Promise<Change<ServerView>> {
  const doing = doingTo(haproxy, 'opening', options);
  return changeServer(haproxy, options, {
    doing,
    limits: checkOptions(doing, options, SERVER_RULES, { timeout: STATE_TIMEOUT }),
    plan: (before) => {
      if (isOpen(before)) return [];
      if (!isWarm(before)) throw notWarm(doing, before);
      return [setServerState(options, 'ready')];
    },
    done: isOpen,
    wanted: 'UP at full health',
  });
}

/** Takes a server out of traffic and checks: state `maint`, read back. What is under way there goes on. */
export function close(haproxy: Haproxy, options: ServerOptions): Promise<Change<ServerView>> {
  const doing = doingTo(haproxy, 'closing', options);
  return changeServer(haproxy, options, {
    doing,
    limits: checkOptions(doing, options, SERVER_RULES, { timeout: STATE_TIMEOUT }),
    plan: ({ admin }) => (admin.set === 'maint' ? [] : [setServerState(options, 'maint')]),
    done: ({ admin, status }) => admin.set === 'maint' && status.state === 'maint',
    wanted: 'MAINT',
  });
}

export const isOpen = (view: ServerView): boolean =>
  takesTraffic(view) && view.status.progress === undefined && (view.health === undefined || isFit(view));

const notWarm = (doing: string, view: ServerView) =>
  new HaproxyError('not-ready', {
    doing,
    found: describeServer(view),
    wanted: 'DRAIN at full health, so that no request meets an app that is not there',
    fix: 'warm it first',
  });
