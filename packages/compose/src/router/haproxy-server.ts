import { readFile } from 'node:fs/promises';
import { type RuntimeClient, readServersState, type ServerState } from '@cutover/haproxy';
import { option, readOptions } from '@cutover/internal';
import type { RouterSlot, SlotName } from '../core/model.ts';
import { DeployError } from '../errors.ts';
import type { Router } from '../ports.ts';
import { assertAdmin, isSettled, probing, reaching, slotNames, unreadable } from './haproxy.ts';

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
    const storedLive = slots.slotOf(stored.find(isOpen)?.server ?? '');
    const open = now.filter(isOpen).map(({ server }) => slots.slotOf(server) as SlotName);
    return {
      // Both are open in the middle of a switch: what is stored has not moved yet.
      live: open.length === 1 ? (open[0] as SlotName) : liveOf(open, storedLive),
      stored: storedLive,
      slots: Object.fromEntries(
        now.map(({ server, address }): [SlotName, RouterSlot] => {
          const row = rows.find(({ name }) => name === server);
          // Nothing is under way at a server only if HAProxy says so.
          if (row === undefined)
            throw slots.unknown(`sessions of ${backend}/${server}`, 'no row of that server');
          const settled = isSettled(row);
          return [
            slots.slotOf(server) as SlotName,
            {
              up: row.status.state === 'up' || settled,
              settled,
              sessions: row.sessions + row.queued,
              address,
            },
          ];
        }),
      ),
    };
  };
  const liveOf = (open: readonly SlotName[], stored: SlotName | undefined): SlotName => {
    if (stored !== undefined && open.includes(stored)) return stored;
    throw new DeployError('unknown-slot', {
      doing: `reading which server of ${backend} takes traffic`,
      found: open.length === 0 ? 'none does' : `${open.join(' and ')} do, and the state file names neither`,
      wanted: 'one of them',
      fix: `set one ready and the other to drain: set server ${backend}/… state ready|drain`,
    });
  };

  return {
    preflight: async (wanted) => {
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
    persist: async () => {
      await client.persistServerState({ file });
    },
    ...probing(probe),
  };
}

const isOpen = ({ admin }: ServerState): boolean => !admin.maint && !admin.drain;

/** The servers of the backend as the file has them; none where it is empty, as HAProxy leaves it at first. */
async function readStored(file: string, backend: string): Promise<readonly ServerState[]> {
  const text = await readFile(file, 'utf8').catch(unreadable('state', file));
  return (text === '' ? [] : (readServersState(text.trimEnd()) ?? [])).filter(
    (state) => state.backend === backend,
  );
}
