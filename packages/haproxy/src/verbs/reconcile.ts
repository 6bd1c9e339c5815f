import { option } from '@cutover/internal';
import { type AdminWord, setServerState, setServerWeight } from '../commands/server.ts';
import { checkOptions, HaproxyError } from '../errors.ts';
import { changeServer, doingTo } from './on-server.ts';
import { isOpen, open } from './open.ts';
import { isWarm, type ServerView, takesTraffic, viewBackend, viewServer } from './server-view.ts';
import { setAddress } from './set-address.ts';
import { switchMap } from './switch-map.ts';
import { type Change, type Haproxy, VERB_RULES, type VerbOptions } from './verb.ts';
import { WARM_TIMEOUT, warm } from './warm.ts';

/** The desired state of a server. Omitted fields stay unchanged. */
export interface DesiredServer {
  readonly state?: AdminWord | undefined;
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  /** 0 to 256. */
  readonly weight?: number | undefined;
}

export interface ReconcileOptions extends VerbOptions {
  /** Entries by map and key. */
  maps?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;
  /** By backend and server. */
  servers?: Readonly<Record<string, Readonly<Record<string, DesiredServer>>>> | undefined;
}

/** The commands sent, in order; empty when HAProxy already had the desired state. */
export interface ReconcileResult {
  readonly commands: readonly string[];
  readonly dryRun: boolean;
}

/**
 * Brings HAProxy to a desired state after a reload or restart made it forget. Servers that should take traffic are
 * warmed and opened first; only then do the others leave, so no request is lost. Running it again changes
 * nothing. In a dry run a server that has to be warmed shows both of its commands.
 * @throws {HaproxyError} `invalid-options` when a backend would be left without a server; what the verbs below it throw.
 */
export async function reconcile(haproxy: Haproxy, options: ReconcileOptions): Promise<ReconcileResult> {
  const doing = `reconciling ${haproxy.label}`;
  const { maps, servers, ...limits } = checkOptions(doing, options, RULES, {
    maps: {},
    servers: {},
    timeout: WARM_TIMEOUT,
    dryRun: false,
  });
  const commands: string[] = [];
  const note = ({ commands: sent }: { commands: readonly string[] }) => commands.push(...sent);
  for (const [map, entries] of Object.entries(maps)) {
    const [first, ...rest] = Object.entries(entries);
    if (!first) continue;
    note(
      await switchMap(haproxy, {
        ...limits,
        map,
        key: first[0],
        value: first[1],
        entries: Object.fromEntries(rest),
      }),
    );
  }
  for (const [backend, desired] of Object.entries(servers)) {
    await refuseEmpty(haproxy, doing, backend, desired);
    const ordered = Object.entries(desired).sort(([, a], [, b]) => order(a) - order(b));
    for (const [server, wish] of ordered) await settle(haproxy, { backend, server }, wish, limits, note);
  }
  return { commands, dryRun: limits.dryRun };
}

const RULES = { ...VERB_RULES, maps: option.object, servers: option.object };

/** Servers that should take traffic come first. */
const order = ({ state }: DesiredServer): number => ({ ready: 0, drain: 1, maint: 2 })[state ?? 'ready'];

type Target = { backend: string; server: string };
type Limits = VerbOptions & { readonly timeout: number };

async function settle(
  haproxy: Haproxy,
  target: Target,
  { state, address, port, weight }: DesiredServer,
  limits: Limits,
  note: (change: { commands: readonly string[] }) => void,
): Promise<void> {
  if (address !== undefined) note(await setAddress(haproxy, { ...limits, ...target, address, port }));
  if (weight !== undefined) note(await setWeight(haproxy, target, weight, limits));
  if (state === 'ready') await openWarm(haproxy, target, limits, note);
  else if (state !== undefined) note(await leave(haproxy, target, state, limits));
}

async function openWarm(
  haproxy: Haproxy,
  target: Target,
  limits: Limits,
  note: (change: { commands: readonly string[] }) => void,
): Promise<void> {
  const view = await viewServer(haproxy, target, limits.signal ?? new AbortController().signal);
  if (isOpen(view) || takesTraffic(view)) return;
  // Down by its checks, not by decision: it takes traffic again by itself.
  if (view.admin.set === 'ready') return;
  if (!isWarm(view)) note(await warm(haproxy, { ...limits, ...target }));
  if (limits.dryRun) note({ commands: [setServerState(target, 'ready').line] });
  else note(await open(haproxy, { ...limits, ...target }));
}

const setWeight = (
  haproxy: Haproxy,
  target: Target,
  weight: number,
  limits: Limits,
): Promise<Change<ServerView>> =>
  changeServer(haproxy, target, {
    doing: doingTo(haproxy, 'setting the weight of', target),
    limits,
    plan: (before) => (before.weight === weight ? [] : [setServerWeight(target, weight)]),
    done: (now) => now.weight === weight,
    wanted: `weight ${weight}`,
    explain: (last) => ({ found: `weight ${last.weight}` }),
  });

const leave = (
  haproxy: Haproxy,
  target: Target,
  state: 'drain' | 'maint',
  limits: Limits,
): Promise<Change<ServerView>> =>
  changeServer(haproxy, target, {
    doing: doingTo(haproxy, `setting to ${state}`, target),
    limits,
    plan: ({ admin }) => (admin.set === state ? [] : [setServerState(target, state)]),
    done: ({ admin }) => admin.set === state,
    wanted: state,
  });

/** A desired state that takes every server out of a backend is a mistake. */
async function refuseEmpty(
  haproxy: Haproxy,
  doing: string,
  backend: string,
  desired: Readonly<Record<string, DesiredServer>>,
): Promise<void> {
  const views = await viewBackend(haproxy, backend, new AbortController().signal);
  const stays = ({ server, admin }: ServerView) => {
    const state = desired[server]?.state;
    return state === undefined ? admin.set === 'ready' : state === 'ready';
  };
  if (views.some(stays)) return;
  throw new HaproxyError('invalid-options', {
    doing,
    found: `no server of ${backend} would take traffic`,
    wanted: 'one that is ready',
  });
}
