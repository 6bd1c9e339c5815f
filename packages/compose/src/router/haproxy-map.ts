import { readFile } from 'node:fs/promises';
import type { RuntimeClient } from '@cutover/haproxy';
import { httpCheck } from '@cutover/healthcheck';
import { messageOf, option, readOptions } from '@cutover/internal';
import type { SlotName } from '../core/model.ts';
import { DeployError } from '../errors.ts';
import type { Router } from '../ports.ts';
import { assertSteerable, backendView, reaching } from './haproxy.ts';

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
  const slotOf = (backend: string) => Object.keys(backends).find((slot) => backends[slot] === backend);
  const backendOf = (slot: SlotName): string => {
    const backend = backends[slot];
    if (backend === undefined) throw unknownSlot(`backend of slot ${slot}`, 'none', Object.keys(backends));
    return backend;
  };
  const live = async (): Promise<SlotName> => {
    const value = (await client.showMap(map)).find((entry) => entry.key === key)?.value;
    const slot = value === undefined ? undefined : slotOf(value);
    if (slot === undefined) throw unknownSlot(`${key} in the map ${map}`, value, Object.values(backends));
    return slot;
  };

  return {
    preflight: async (slots) => {
      const wanted = slots.map(backendOf);
      await assertSteerable(client, wanted);
      await reaching('reading the map', live);
      await readStored(file, key);
    },
    observe: () =>
      reaching('reading HAProxy', async () => {
        const names = Object.keys(backends);
        const [now, stored, ...views] = await Promise.all([
          live(),
          readStored(file, key),
          ...names.map((slot) => backendView(client, backendOf(slot))),
        ]);
        return {
          live: now,
          stored: stored === undefined ? undefined : slotOf(stored),
          slots: Object.fromEntries(
            names.map((slot, index) => [slot, views[index] as (typeof views)[number]]),
          ),
        };
      }),
    switchTo: async (to) => {
      await client.switchMap({ map, key, value: backendOf(to), requireBackend: true });
    },
    persist: async () => {
      await client.persistMap({ map, file });
    },
    ...(probe === undefined
      ? {}
      : { probe: async (signal) => void (await httpCheck(probe).run({ signal })) }),
  };
}

/** What the file says of the key; the file must be there, or a restarted HAProxy would not start. */
async function readStored(file: string, key: string): Promise<string | undefined> {
  try {
    const lines = (await readFile(file, 'utf8')).split('\n').map((line) => line.trim().split(/\s+/));
    return lines.find(([name]) => name === key)?.[1];
  } catch (error) {
    throw new DeployError(
      'router-unfit',
      {
        doing: `reading the map file ${file}`,
        found: messageOf(error),
        wanted: 'the file that HAProxy loads the map from when it starts',
        fix: 'mount the folder of the map into HAProxy and name the file as it is seen from here',
      },
      { cause: error },
    );
  }
}

const unknownSlot = (what: string, found: string | undefined, known: readonly string[]) =>
  new DeployError('unknown-slot', {
    doing: `reading the ${what}`,
    found: found ?? 'no such entry',
    wanted: `one of ${known.join(', ')}`,
    fix: 'correct the map, or the backends in the options of haproxyMapRouter',
  });
