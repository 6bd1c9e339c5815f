import { type StatFilter, type StatRow, showProxies, showProxy, showStat } from '../commands/stat.ts';
import { HaproxyError } from '../errors.ts';
import type { Haproxy } from './verb.ts';

/**
 * `show stat` for the proxies of one name, or of all. A frontend and a backend may have the same name, of which HAProxy
 * itself shows only the first: the other is found by its number.
 * @throws {HaproxyError} `not-found` when there is none of that name and type.
 */
export async function readProxyRows(
  haproxy: Haproxy,
  filter: StatFilter = {},
  signal?: AbortSignal,
): Promise<StatRow[]> {
  const { proxy, type = 'all' } = filter;
  if (proxy === undefined) return haproxy.run(showStat(filter), signal);
  const { numbers } = haproxy.memory;
  const place = `${type === 'all' ? 'any' : sideOf(type)} ${proxy}`;
  const rows = await haproxy.run(showProxy(proxy, numbers.get(place) ?? proxy, type), signal);
  if (type !== 'all' && rows.length > 0) return rows;
  const heads = await haproxy.run(showProxies(), signal);
  const ids = idsOf(
    heads.filter((head) => head.proxy === proxy && (type === 'all' || head.type === sideOf(type))),
  );
  if (ids.length === 0) throw missing(haproxy, proxy, type, heads);
  if (ids.length === 1 && rows.length > 0) return rows;
  // A proxy may be named as another is numbered, and names come first.
  const ambiguous = heads.some((head) => ids.includes(head.proxy));
  if (ids.length === 1 && !ambiguous) numbers.set(place, ids[0] as string);
  const commands = (ambiguous ? ['-1'] : ids).map((word) => showProxy(proxy, word, type));
  return (await haproxy.runAll(commands, signal)).flat();
}

/** A `listen` section is a frontend and a backend under one number. */
const idsOf = (heads: readonly StatRow[]): string[] => [...new Set(heads.map((head) => head.text('iid')))];

/** The row of a backend: sums over its servers. */
export async function readBackendRow(
  haproxy: Haproxy,
  backend: string,
  signal?: AbortSignal,
): Promise<StatRow> {
  const [row] = await readProxyRows(haproxy, { proxy: backend, type: 'backend' }, signal);
  return row as StatRow;
}

/** Only a backend has servers. */
const sideOf = (type: 'frontend' | 'backend' | 'server') => (type === 'frontend' ? 'frontend' : 'backend');

function missing(
  { label }: Haproxy,
  proxy: string,
  type: NonNullable<StatFilter['type']>,
  heads: readonly StatRow[],
): HaproxyError {
  const kind = type === 'all' ? 'proxy' : sideOf(type);
  const other = heads.find((head) => head.proxy === proxy)?.type;
  return new HaproxyError('not-found', {
    doing: `reading ${kind} ${proxy} at ${label}`,
    found: other ? `a ${other} of that name only` : 'nothing of that name',
    wanted: `a ${kind} named ${proxy}`,
  });
}
