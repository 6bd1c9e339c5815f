import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type RuntimeClient, readServersState, type ServerState, type StatRow } from '@cutover/haproxy';
import { option, readOptions } from '@cutover/internal';
import { DeployError } from '../domain/errors.ts';
import { ONLY_ROLE, type RoleName, type SlotName } from '../domain/layout.ts';
import type { RouterSlot } from '../domain/router-state.ts';
import type { Router } from '../ports/index.ts';
import { assertAdmin, isSettled, probing, reaching, slotNames, trafficIn, unreadable } from './haproxy.ts';
import { liveServer, type SlotServer } from './live-server.ts';

export interface HaproxyServerRouterOptions {
  /** `createRuntimeClient()` of `@cutover/haproxy`, at level admin. */
  client: RuntimeClient;
  /** The one backend that has a server for each slot. */
  backend: string;
  /** The server of each slot. */
  servers: Readonly<Record<SlotName, string>>;
  /** HAProxy's `server-state-file`, as seen from here. Its folder must be writable. */
  file: string;
  /** A URL that goes through HAProxy to the live slot; asked after each switch. Default: not asked. */
  probe?: string;
}

/**
 * HAProxy as the router, by server state: one backend, a server for each slot. The idle one warms up in DRAIN, since
 * a server that leaves MAINT counts as up before its first check; the new one becomes ready before the old one drains.
 * The stored state is the server-state file. Give such a service no map as well.
 *
 * @throws DeployError `invalid-options`
 */
export function haproxyServerRouter(options: HaproxyServerRouterOptions): Router {
  const { client, backend, servers, file, probe } = readOptions(
    options,
    {
      client: option.required(option.object),
      backend: option.required(option.text),
      servers: option.required(option.object),
      file: option.required(option.text),
      probe: option.text,
    },
    {},
    ({ name, found, wanted }) =>
      new DeployError('invalid-options', {
        doing: `reading haproxyServerRouter option ${name}`,
        found,
        wanted,
      }),
  );
  const slots = slotNames(servers, 'haproxyServerRouter');
  const states = async () =>
    (await client.showServersState(backend)).filter(({ server }) => slots.slotOf(server));
  const observe = async () => {
    const [now, rows, stored] = await Promise.all([
      states(),
      client.showStat({ proxy: backend, type: 'server' }),
      readStored(file, backend),
    ]);
    // With both open in the file, a restarted HAProxy would choose neither.
    const [storedOpen, ...others] = stored.filter(isOpen).flatMap(({ server }) => slots.slotOf(server) ?? []);
    const storedLive = others.length === 0 ? storedOpen : undefined;
    const seen = now.map((state) => viewOf(state, rows));
    return {
      live: liveServer(seen, storedLive) ?? undecided(seen),
      stored: storedLive,
      slots: Object.fromEntries(seen.map(({ slot, view }) => [slot, view])),
    };
  };
  const viewOf = (state: ServerState, rows: readonly StatRow[]) => {
    const row = rows.find(({ name }) => name === state.server);
    // Nothing is under way at a server only if HAProxy says so.
    if (!row) throw slots.unknown(`sessions of ${backend}/${state.server}`, 'no row of that server');
    const up = row.status.state === 'up';
    const settled = isSettled(row);
    const sessions = row.sessions + row.queued;
    const open = isOpen(state);
    const server = { up: up || settled, settled, address: state.address };
    const view: RouterSlot = { ...server, servers: { [ONLY_ROLE]: [server] }, sessions, open };
    return { slot: slots.slotOf(state.server) as SlotName, open, up, view };
  };
  const undecided = (seen: readonly SlotServer[]): never => {
    const open = seen.filter((server) => server.open).map(({ slot }) => slot);
    throw new DeployError('unknown-slot', {
      doing: `reading which server of ${backend} takes traffic`,
      found:
        open.length === 0 ? 'none is ready' : `${open.join(' and ')} are, and the state file names neither`,
      wanted: 'one of them',
      fix: `set one ready and the other to drain: set server ${backend}/… state ready|drain`,
    });
  };

  return {
    files: [file],
    preflight: async (wanted, roles) => {
      assertOneService(roles);
      for (const slot of wanted) slots.nameOf(slot);
      await assertAdmin(client);
      const { slots: seen } = await reaching('reading HAProxy', observe);
      for (const slot of wanted) {
        if (!seen[slot]) throw slots.unknown(`server of ${slot} in ${backend}`, 'none');
      }
    },
    observe: () => reaching('reading HAProxy', observe),
    warm: async (slot) => {
      const server = { backend, server: slots.nameOf(slot) };
      const state = (await states()).find((one) => one.server === server.server);
      if (state === undefined || isOpen(state)) return;
      // Through MAINT, which forgets what the checks knew of the container that was there before.
      await client.setServerState(server, 'maint');
      await client.setServerState(server, 'drain');
    },
    // Server states carry no version: who was paused between this proof and the command is not refused.
    switchTo: async (to, from, confirm) => {
      await confirm();
      await client.switchServers({ backend, to: slots.nameOf(to), from: slots.nameOf(from) });
    },
    close: async (slot) => {
      const server = { backend, server: slots.nameOf(slot) };
      await client.setServerState(server, 'drain');
      if (!(await states()).some((state) => state.server === server.server && isOpen(state))) return;
      throw new DeployError('switch-failed', {
        doing: `closing ${backend}/${server.server} to new traffic`,
        found: 'HAProxy took the command and still has it ready',
        wanted: 'DRAIN',
        fix: 'look for another program that steers HAProxy',
      });
    },
    persist: async () => {
      await client.persistServerState({ file });
    },
    traffic: async () => {
      const rows = await client.showStat({ proxy: backend, type: 'server' });
      return Object.fromEntries(
        rows.flatMap((row) => {
          const slot = slots.slotOf(row.name);
          return slot === undefined ? [] : [[slot, trafficIn(row)]];
        }),
      );
    },
    ...probing(probe),
  };
}

/** Two backends cannot be switched in one moment by the states of their servers. */
function assertOneService(roles: readonly RoleName[]): void {
  if (roles.length === 1 && roles[0] === ONLY_ROLE) return;
  throw new DeployError('invalid-options', {
    doing: 'comparing haproxyServerRouter with the slots',
    found: `slots of several services (${roles.join(', ')})`,
    wanted: 'slots of one service, without `services`',
    fix: 'use haproxyMapRouter, which switches several services in one commit',
  });
}

/** Set to take traffic: a server that is down, or whose name is gone, does so as soon as it is back. */
const isOpen = ({ admin }: ServerState): boolean => admin.set === 'ready';

/** The servers of the backend as the file has them; none where it is empty or, before the first deployment, not there. */
async function readStored(file: string, backend: string): Promise<readonly ServerState[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' && existsSync(dirname(file)) ? '' : unreadable('state', file)(error),
  );
  return (text === '' ? [] : (readServersState(text.trimEnd()) ?? [])).filter(
    (state) => state.backend === backend,
  );
}
