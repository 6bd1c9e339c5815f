import { option } from '@cutover/internal';
import { setServerState, shutdownSessions } from '../commands/server.ts';
import { LONGEST_WAIT, waitServerRemovable } from '../commands/wait.ts';
import { checkOptions, isHaproxyError } from '../errors.ts';
import type { ServerName } from '../grammar/words.ts';
import type { MasterClient } from '../master/master-client.ts';
import { changeServer, doingTo, SERVER_RULES, type ServerOptions } from './on-server.ts';
import { STATE_TIMEOUT } from './open.ts';
import { type ServerView, viewServer } from './server-view.ts';
import { type DrainProgress, untilEmpty } from './until-empty.ts';
import type { Change, Haproxy } from './verb.ts';

/** Milliseconds for requests in flight to finish. */
export const DRAIN_TIMEOUT = 30_000;

/** Milliseconds for a last look, when HAProxy's own wait took all of the limit. */
const LAST_LOOK = 100;

export interface DrainOptions extends ServerOptions {
  /**
   * `drain` (default): cookie clients keep coming, checks go on, it can be opened again at once. `maint`: those are
   * sent elsewhere too, and HAProxy 3.0 or later reports the end without polling.
   */
  to?: 'drain' | 'maint' | undefined;
  /** Cuts what is left at the limit; default false: it is left running. */
  force?: boolean | undefined;
  /** Also counts clients of old workers, which stay after a reload and are not visible on this socket. */
  master?: Pick<MasterClient, 'oldWorkers'> | undefined;
  /** Called with every change of what remains. */
  onProgress?: ((progress: DrainProgress) => void) | undefined;
}

/** How a drain ended. */
export interface DrainResult extends Change<ServerView> {
  /** True when nothing was in flight any more, seen twice. */
  readonly drained: boolean;
  /** Sessions and queued requests at the end. */
  readonly remaining: number;
  /** How many were cut by `force`. */
  readonly cut: number;
}

/**
 * Takes new traffic from a server and waits, at most `timeout` ms (30 s), until its requests in flight have finished.
 * Reaching the limit is not an error; see `drained`. Sessions of an old worker, after a reload, count only with
 * `master`.
 */
export async function drain(haproxy: Haproxy, options: DrainOptions): Promise<DrainResult> {
  const doing = doingTo(haproxy, 'draining', options);
  const { timeout, to, force, onProgress, master, signal, dryRun } = checkOptions(doing, options, RULES, {
    timeout: DRAIN_TIMEOUT,
    to: 'drain',
    force: false,
  });
  const change = await takeTraffic(haproxy, doing, options, to, { signal, dryRun });
  if (dryRun) return { ...change, drained: false, remaining: remainingOf(change.before), cut: 0 };
  const began = haproxy.clock.now();
  const read = async (inner: AbortSignal) => {
    const [view, old] = await Promise.all([viewServer(haproxy, options, inner), connectionsOfOld(master)]);
    return remainingOf(view) + old;
  };
  const byItself = to === 'maint' && !master && (await waited(haproxy, options, { timeout, signal }));
  const left = Math.max(LAST_LOOK, timeout - (haproxy.clock.now() - began));
  const { drained, remaining } = byItself
    ? { drained: true, remaining: 0 }
    : await untilEmpty(haproxy, read, { timeout: left, signal, onProgress });
  const cut = !drained && force ? remaining : 0;
  const shutdown = shutdownSessions(options);
  if (cut > 0) await haproxy.run(shutdown, signal);
  const after = await viewServer(haproxy, options, signal ?? new AbortController().signal);
  const commands = cut > 0 ? [...change.commands, shutdown.line] : change.commands;
  return { ...change, after, commands, drained, remaining: cut > 0 ? remainingOf(after) : remaining, cut };
}

const RULES = {
  ...SERVER_RULES,
  to: option.oneOf('drain', 'maint'),
  force: option.boolean,
  onProgress: option.function,
  master: option.object,
};

const remainingOf = ({ sessions, queued }: ServerView): number => sessions + queued;

const takeTraffic = (
  haproxy: Haproxy,
  doing: string,
  target: ServerName,
  to: 'drain' | 'maint',
  limits: { signal: AbortSignal | undefined; dryRun: boolean | undefined },
): Promise<Change<ServerView>> =>
  changeServer(haproxy, target, {
    doing,
    limits: { timeout: STATE_TIMEOUT, ...limits },
    plan: ({ admin }) => (admin.set === to ? [] : [setServerState(target, to)]),
    done: ({ admin }) => admin.set === to,
    wanted: to,
  });

/**
 * By HAProxy's own `wait`, where it has one; false: look at the sessions instead. It refuses servers that could never
 * be removed, such as one that an ACL names.
 */
async function waited(
  haproxy: Haproxy,
  target: ServerName,
  { timeout, signal }: { timeout: number; signal: AbortSignal | undefined },
): Promise<boolean> {
  if (timeout > LONGEST_WAIT) return false;
  try {
    return await haproxy.runLong(waitServerRemovable(target, timeout), timeout + STATE_TIMEOUT, signal);
  } catch (error) {
    if (isHaproxyError(error, 'unsupported', 'refused', 'conflict', 'timeout')) return false;
    throw error;
  }
}

const connectionsOfOld = async (master: DrainOptions['master']): Promise<number> => {
  const workers = (await master?.oldWorkers()) ?? [];
  return workers.reduce((sum, { connections }) => sum + connections, 0);
};
