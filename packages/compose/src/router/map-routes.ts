import type { MapEntry, RuntimeClient } from '@cutover/haproxy';
import { DeployError } from '../domain/errors.ts';
import { ONLY_ROLE, type RoleName, type SlotName } from '../domain/layout.ts';
import { checksOf, type RouterSlot } from '../domain/router-state.ts';
import { sumOfTraffic, type Traffic } from '../domain/traffic.ts';
import { backendView, trafficIn } from './haproxy.ts';

/** One service of the slots: the key of the map that names its live backend, and the backend of each slot. */
export interface Route {
  readonly role: RoleName;
  readonly key: string;
  readonly backends: Readonly<Record<SlotName, string>>;
}

interface Given {
  readonly key?: string | undefined;
  readonly backends?: Route['backends'] | undefined;
  readonly keys?: Readonly<Record<RoleName, Route['backends']>> | undefined;
}

export function routesOf({ key, backends, keys }: Given): readonly Route[] {
  const routes = Object.entries(keys ?? {}).map(([role, named]) => ({ role, key: role, backends: named }));
  if (key && backends && !keys) return [{ role: ONLY_ROLE, key, backends }];
  if (routes.length > 0 && !key && !backends) return routes;
  throw new DeployError('invalid-options', {
    doing: 'reading haproxyMapRouter options',
    found:
      Object.entries({ key, backends, keys })
        .flatMap(([name, value]) => (value ? [name] : []))
        .join(' and ') || 'none of them',
    wanted: 'key and backends for a slot of one service, or keys for one of several',
  });
}

export const slotsOf = (routes: readonly Route[]): readonly SlotName[] => [
  ...new Set(routes.flatMap(({ backends }) => Object.keys(backends))),
];

/** The slot whose backends these entries name, all of them. */
export const slotNamedBy = (routes: readonly Route[], entries: readonly MapEntry[]): SlotName | undefined =>
  slotsOf(routes).find((slot) =>
    routes.every(({ key, backends }) => backendIn(entries, key) === backends[slot]),
  );

const backendIn = (entries: readonly MapEntry[], key: string): string | undefined =>
  entries.find((entry) => entry.key === key)?.value;

/** The entries of a map file. */
export const entriesOf = (text: string): readonly MapEntry[] =>
  text.split('\n').map((line) => {
    const [key = '', value = ''] = line.trim().split(/\s+/);
    return { key, value };
  });

export const undecided = (
  map: string,
  routes: readonly Route[],
  entries: readonly MapEntry[],
): DeployError => {
  const wanted = slotsOf(routes).map((slot) =>
    routes.map(({ key, backends }) => `${key} ${backends[slot]}`).join(', '),
  );
  return new DeployError('unknown-slot', {
    doing: `reading which slot the map ${map} names`,
    found: routes.map(({ key }) => `${key} ${backendIn(entries, key) ?? 'is not in it'}`).join(', '),
    wanted: wanted.join(', or '),
    fix: 'correct haproxy.cfg, or the names in the options of haproxyMapRouter; set an entry with `set map`',
  });
};

/** Every service of every slot has its backend. */
export function assertRoutes(
  routes: readonly Route[],
  slots: readonly SlotName[],
  roles: readonly RoleName[],
): void {
  const known = routes.map(({ role }) => role);
  const lacking = [
    ...roles.filter((role) => !known.includes(role)).map((role) => `no key for the service ${role}`),
    ...routes.flatMap(({ key, backends }) =>
      slots.filter((slot) => !backends[slot]).map((slot) => `no backend of ${key} for the slot ${slot}`),
    ),
    ...known
      .filter((role) => !roles.includes(role))
      .map((role) => `${role}, which is no service of the slots`),
  ];
  if (lacking.length === 0) return;
  throw new DeployError('unknown-slot', {
    doing: 'comparing haproxyMapRouter with the slots',
    found: lacking.join('; '),
    wanted: `a backend for each of ${roles.join(', ')} in ${slots.join(' and ')}`,
    fix: 'correct the names in the options of haproxyMapRouter',
  });
}

export async function viewOf(
  client: RuntimeClient,
  routes: readonly Route[],
  slot: SlotName,
): Promise<RouterSlot> {
  const views = await Promise.all(
    routes.map(
      async ({ role, backends }) => [role, await backendView(client, backends[slot] ?? '')] as const,
    ),
  );
  const servers = Object.fromEntries(views.map(([role, view]) => [role, view.servers]));
  return {
    ...checksOf(servers),
    servers,
    sessions: views.reduce((sum, [, view]) => sum + view.sessions, 0),
  };
}

export async function trafficOf(
  client: RuntimeClient,
  routes: readonly Route[],
  slot: SlotName,
): Promise<Traffic> {
  const rows = routes.map(({ backends }) =>
    client.showStat({ proxy: backends[slot] ?? '', type: 'backend' }),
  );
  return sumOfTraffic((await Promise.all(rows)).flat().map(trafficIn));
}
