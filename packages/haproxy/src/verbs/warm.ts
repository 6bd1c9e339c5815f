import { option } from '@cutover/internal';
import { setServerState } from '../commands/server.ts';
import { checkOptions, HaproxyError } from '../errors.ts';
import { changeServer, doingTo, SERVER_RULES, type ServerOptions } from './on-server.ts';
import { describeServer, isWarm, type ServerView, takesTraffic } from './server-view.ts';
import { type Change, type Haproxy, LOOK_AGAIN } from './verb.ts';

/** Milliseconds for a server to become healthy. */
export const WARM_TIMEOUT = 30_000;

export interface WarmOptions extends ServerOptions {
  /** Milliseconds between looks; default {@link LOOK_AGAIN}. */
  pollInterval?: number | undefined;
}

/**
 * Has HAProxy check a server that takes no traffic, until it is fully healthy: state `drain`, in which checks run and
 * new requests do not. Whatever its app does meanwhile, no request reaches it. On failure it is left in `drain`.
 * @throws {HaproxyError} `conflict` when it takes traffic; `refused` when HAProxy does not check it, or with `fall 1`,
 *   where a server that was never checked looks healthy; `not-ready` when it is not healthy within `timeout` (30 s).
 */
export function warm(haproxy: Haproxy, options: WarmOptions): Promise<Change<ServerView>> {
  const doing = doingTo(haproxy, 'warming', options);
  const { pollInterval, ...limits } = checkOptions(doing, options, RULES, {
    timeout: WARM_TIMEOUT,
    pollInterval: LOOK_AGAIN,
  });
  return changeServer(haproxy, options, {
    doing,
    limits,
    every: pollInterval,
    plan: (before) => {
      refuseUnfit(doing, before);
      if (!before.checked) throw unchecked(doing, before, 'HAProxy does not check it');
      const drain = setServerState(options, 'drain');
      // A server drained earlier may show the health of the app before this one: maintenance makes HAProxy forget it.
      return before.admin.maint ? [drain] : [setServerState(options, 'maint'), drain];
    },
    done: (now) => {
      // Its own numbers are shown only outside maintenance.
      if (now.health && now.health.fall < 2) {
        throw unchecked(doing, now, 'fall 1, with which a server never checked looks healthy');
      }
      return isWarm(now);
    },
    wanted: `healthy within ${limits.timeout} ms`,
    fix: 'look at what its app answers to the health check',
  });
}

const RULES = { ...SERVER_RULES, pollInterval: option.duration };

function refuseUnfit(doing: string, view: ServerView): void {
  if (!takesTraffic(view)) return;
  throw new HaproxyError('conflict', {
    doing,
    found: `${describeServer(view)}: it takes traffic`,
    wanted: 'a server in maint or drain',
    fix: 'drain it first',
  });
}

const unchecked = (doing: string, { backend, server }: ServerView, found: string) =>
  new HaproxyError('refused', {
    doing,
    found,
    wanted: 'health checks with fall 2 or more',
    fix: `write "check inter 500ms rise 2 fall 2" on the server line of ${backend}/${server}`,
  });
