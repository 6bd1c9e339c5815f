import { option } from '@cutover/internal';
import { setServerState } from '../commands/server.ts';
import { checkOptions, HaproxyError } from '../errors.ts';
import { isOpen, STATE_TIMEOUT } from './open.ts';
import { describeServer, isWarm, type ServerView, viewBackend } from './server-view.ts';
import { type Change, carryOut, type Haproxy, VERB_RULES, type VerbOptions } from './verb.ts';

export interface SwitchServersOptions extends VerbOptions {
  backend: string;
  /** The server that takes the traffic; warm it first. */
  to: string;
  /**
   * The server that takes no more traffic. It is drained whether it is up or down, so it stays out when it comes up.
   */
  from: string;
}

/**
 * Moves traffic from one server of a backend to another: the new one becomes ready and is read back as up, only then
 * the old one drains. In this order no request is lost; the other one loses thousands. Does not wait for what is under
 * way at the old one: that is `drain`. When the new one does not come up, it is drained again and the old one
 * untouched.
 * @throws {HaproxyError} `not-ready`; `not-found`.
 */
export async function switchServers(
  haproxy: Haproxy,
  options: SwitchServersOptions,
): Promise<Change<ServerView[]>> {
  const doing = `switching ${options?.backend} to ${options?.to} at ${haproxy.label}`;
  const { backend, to, from, ...limits } = checkOptions(doing, options, RULES, { timeout: STATE_TIMEOUT });
  if (to === from)
    throw new HaproxyError('invalid-options', { doing, found: 'from and to are the same server' });
  haproxy.memory.claim(doing, [backend], 'server state');
  const target = { backend, server: to };
  const read = (signal: AbortSignal) => viewBackend(haproxy, backend, signal);
  const open = (views: ServerView[]) => isOpen(find(doing, views, to));
  const closed = (views: ServerView[]) => find(doing, views, from).admin.set !== 'ready';
  const notReady = (views: ServerView[]) =>
    new HaproxyError('not-ready', {
      doing,
      found: describeServer(find(doing, views, to)),
      wanted: 'DRAIN at full health, or UP',
      fix: 'warm it first',
    });
  const drain = setServerState({ backend, server: from }, 'drain');
  const opened = await undoing(haproxy, setServerState(target, 'drain'), () =>
    carryOut(haproxy, {
      doing,
      limits,
      read,
      plan: (views) => {
        const view = find(doing, views, to);
        find(doing, views, from);
        if (isOpen(view)) return [];
        if (isWarm(view)) return [setServerState(target, 'ready')];
        throw notReady(views);
      },
      done: open,
      explain: (views) => ({ found: describeServer(find(doing, views, to)), wanted: 'UP at full health' }),
    }),
  );
  const left = await carryOut(haproxy, {
    doing,
    limits,
    read,
    plan: (views) => {
      if (closed(views)) return [];
      // A reload in between reads the file again, and takes the new server out of rotation.
      if (!open(views)) throw notReady(views);
      return [drain];
    },
    done: closed,
    explain: (views) => ({ found: describeServer(find(doing, views, from)), wanted: 'DRAIN' }),
  });
  return { ...left, before: opened.before, commands: [...opened.commands, ...left.commands] };
}

const RULES = { ...VERB_RULES, backend: option.text, to: option.text, from: option.text };

/** Drains the new server again when it was opened and did not come up. */
async function undoing<T>(
  haproxy: Haproxy,
  undo: ReturnType<typeof setServerState>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const opened = error instanceof HaproxyError && error.code === 'not-ready' && error.cause !== undefined;
    if (opened) await haproxy.run(undo).catch(() => {});
    throw error;
  }
}

function find(doing: string, views: readonly ServerView[], server: string): ServerView {
  const found = views.find((view) => view.server === server);
  if (found) return found;
  throw new HaproxyError('not-found', {
    doing,
    found: `the servers ${views.map((view) => view.server).join(', ') || '(none)'}`,
    wanted: `one named ${server}`,
  });
}
