import { readFile } from 'node:fs/promises';
import { HaproxyError, type RuntimeClient } from '@cutover/haproxy';
import { option, readOptions } from '@cutover/internal';
import { DeployError } from '../domain/errors.ts';
import type { SlotName } from '../domain/layout.ts';
import type { RouterSlot } from '../domain/router-state.ts';
import type { Router } from '../ports/index.ts';
import { assertAdmin, backendView, probing, reaching, slotNames, unreadable } from './haproxy.ts';

export interface HaproxyMapRouterOptions {
  /** `createRuntimeClient()` of `@cutover/haproxy`, at level admin. */
  client: RuntimeClient;
  /** The map as HAProxy knows it: the path in `use_backend %[str(shop),map(/etc/haproxy/maps/live.map)]`. */
  map: string;
  /** The key in it that names the live backend. */
  key: string;
  /** The same file as seen from here; a restarted HAProxy reads it. Its folder must be writable. */
  file: string;
  /** The backend of each slot. */
  backends: Readonly<Record<SlotName, string>>;
  /** A URL that goes through HAProxy to the live slot; asked after each switch. Default: not asked. */
  probe?: string;
}

/**
 * HAProxy as the router, by a map: both slots have a backend that is always checked, and one atomic commit names the
 * live one. The stored state is the map file.
 *
 * @throws DeployError `invalid-options`
 */
export function haproxyMapRouter(options: HaproxyMapRouterOptions): Router {
  const { client, map, key, file, backends, probe } = readOptions(
    options,
    {
      client: option.required(option.object),
      map: option.required(option.text),
      key: option.required(option.text),
      file: option.required(option.text),
      backends: option.required(option.object),
      probe: option.text,
    },
    {},
    ({ name, found, wanted }) =>
      new DeployError('invalid-options', { doing: `reading haproxyMapRouter option ${name}`, found, wanted }),
  );
  const slots = slotNames(backends, 'haproxyMapRouter');
  const live = async (): Promise<SlotName> => {
    const value = (await client.showMap(map)).find((entry) => entry.key === key)?.value;
    const slot = value === undefined ? undefined : slots.slotOf(value);
    if (slot === undefined) throw slots.unknown(`${key} in the map ${map}`, value);
    return slot;
  };
  const observe = async () => {
    const names = Object.keys(backends);
    const [now, stored, ...views] = await Promise.all([
      live(),
      readStored(file, key),
      ...names.map((slot) => backendView(client, slots.nameOf(slot))),
    ]);
    return {
      live: now,
      stored: slots.slotOf(stored ?? ''),
      slots: Object.fromEntries(names.map((slot, index) => [slot, views[index] as RouterSlot])),
    };
  };

  return {
    preflight: async (wanted) => {
      for (const slot of wanted) slots.nameOf(slot);
      await assertAdmin(client);
      await reaching('reading HAProxy', observe);
    },
    observe: () => reaching('reading HAProxy', observe),
    warm: async (slot) => {
      const backend = slots.nameOf(slot);
      for (const { server } of await client.showServersState(backend)) {
        await client.setServerHealth({ backend, server }, 'down');
      }
    },
    fence: (beforeCommit) => contested(() => client.fenceMap({ map, beforeCommit, timeout: COMMIT_TIMEOUT })),
    switchTo: (to, _, beforeCommit) =>
      contested(() =>
        client.switchMap({
          map,
          key,
          value: slots.nameOf(to),
          requireBackend: true,
          beforeCommit,
          timeout: COMMIT_TIMEOUT,
        }),
      ),
    persist: async () => {
      await client.persistMap({ map, file });
    },
    ...probing(probe),
  };
}

/**
 * Again when HAProxy refused the version: it was reloaded in between, or somebody else committed one. Each attempt asks
 * first whether the lock is held, so that who lost it does not get through by trying.
 */
async function contested(commit: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await commit();
      return;
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof HaproxyError) || error.code !== 'conflict') throw error;
    }
  }
}

const ATTEMPTS = 3;
/** Milliseconds: what is asked before the commit, of the engine for one, has patience of its own. */
const COMMIT_TIMEOUT = 60_000;

/** What the file says of the key; the file must be there, or a restarted HAProxy would not start. */
async function readStored(file: string, key: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(unreadable('map', file));
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/));
  return lines.find(([name]) => name === key)?.[1];
}
