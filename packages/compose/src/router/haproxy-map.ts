import { readFile } from 'node:fs/promises';
import { HaproxyError, type RuntimeClient } from '@cutover/haproxy';
import { option, readOptions } from '@cutover/internal';
import { DeployError } from '../domain/errors.ts';
import type { RoleName, SlotName } from '../domain/layout.ts';
import type { RouterSlot, RouterState } from '../domain/router-state.ts';
import type { Router } from '../ports/index.ts';
import { assertAdmin, probing, reaching, unreadable } from './haproxy.ts';
import {
  assertRoutes,
  entriesOf,
  routesOf,
  slotNamedBy,
  slotsOf,
  trafficOf,
  undecided,
  viewOf,
} from './map-routes.ts';

/** What every router by a map is told. */
export interface HaproxyMapOptions {
  /** `createRuntimeClient()` of `@cutover/haproxy`, at level admin. */
  client: RuntimeClient;
  /** The map as HAProxy knows it: the path in `use_backend %[str(shop),map(/etc/haproxy/maps/live.map)]`. */
  map: string;
  /** The same file as seen from here; a restarted HAProxy reads it. Its folder must be writable. */
  file: string;
  /** A URL that goes through HAProxy to the live slot; asked after each switch. Default: not asked. */
  probe?: string;
}

/** For a slot of one service. */
export interface OneServiceKey {
  /** The key in the map that names the live backend. */
  key: string;
  /** The backend of each slot. */
  backends: Readonly<Record<SlotName, string>>;
}

/** For a slot of several services. */
export interface SeveralServiceKeys {
  /** The backend of each slot by key of the map, which is what the slots call the service; all are set in one commit. */
  keys: Readonly<Record<RoleName, Readonly<Record<SlotName, string>>>>;
}

export type HaproxyMapRouterOptions = HaproxyMapOptions & (OneServiceKey | SeveralServiceKeys);

/**
 * HAProxy as the router, by a map: each service of both slots has a backend that is always checked, and one atomic
 * commit names the live ones. The stored state is the map file.
 *
 * @throws DeployError `invalid-options`
 */
export function haproxyMapRouter(options: HaproxyMapRouterOptions): Router {
  const { client, map, file, probe, ...rest } = readOptions<
    HaproxyMapOptions & Partial<OneServiceKey & SeveralServiceKeys>,
    object
  >(
    options,
    {
      client: option.required(option.object),
      map: option.required(option.text),
      key: option.text,
      file: option.required(option.text),
      backends: option.object,
      keys: option.object,
      probe: option.text,
    },
    {},
    refuse,
  );
  const routes = routesOf(rest);
  const slots = slotsOf(routes);

  const observe = async (): Promise<RouterState> => {
    const [now, text, ...views] = await Promise.all([
      client.showMap(map),
      readFile(file, 'utf8').catch(unreadable('map', file)),
      ...slots.map((slot) => viewOf(client, routes, slot)),
    ]);
    const live = slotNamedBy(routes, now);
    if (live === undefined) throw undecided(map, routes, now);
    return {
      live,
      stored: slotNamedBy(routes, entriesOf(text)),
      slots: Object.fromEntries(slots.map((slot, index) => [slot, views[index] as RouterSlot])),
    };
  };

  return {
    files: [file],
    preflight: async (wanted, roles) => {
      assertRoutes(routes, wanted, roles);
      await assertAdmin(client);
      await reaching('reading HAProxy', observe);
    },
    observe: () => reaching('reading HAProxy', observe),
    warm: async (slot) => {
      for (const { backends } of routes) {
        const backend = backends[slot] ?? '';
        for (const { server } of await client.showServersState(backend))
          await client.setServerHealth({ backend, server }, 'down');
      }
    },
    fence: (beforeCommit) => contested(() => client.fenceMap({ map, beforeCommit, timeout: COMMIT_TIMEOUT })),
    switchTo: (to, _, beforeCommit) => {
      const entries = Object.fromEntries(routes.map(({ key, backends }) => [key, backends[to] ?? '']));
      const options = { map, entries, requireBackend: true, beforeCommit, timeout: COMMIT_TIMEOUT };
      return contested(() => client.switchMap(options));
    },
    persist: async () => {
      await client.persistMap({ map, file });
    },
    traffic: async () => {
      const counted = slots.map(async (slot) => [slot, await trafficOf(client, routes, slot)] as const);
      return Object.fromEntries(await Promise.all(counted));
    },
    ...probing(probe),
  };
}

const refuse = ({ name, found, wanted }: { name: string; found: string; wanted: string }) =>
  new DeployError('invalid-options', { doing: `reading haproxyMapRouter option ${name}`, found, wanted });

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
