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
  const rows = await haproxy.run(showStat(filter), signal);
  if (proxy === undefined || (type !== 'all' && rows.length > 0)) return rows;
  const heads = await haproxy.run(showProxies(), signal);
  const wanted = heads.filter(
    (head) => head.proxy === proxy && (type === 'all' || head.type === sideOf(type)),
  );
  if (wanted.length === 0) throw missing(haproxy, proxy, type, heads);
  if (type === 'frontend' || type === 'backend') return wanted;
  const ids = [...new Set(wanted.map((head) => head.text('iid')))];
  if (ids.length === 1 && rows.length > 0) return rows;
  // A proxy may be named as another is numbered, and names come first.
  const ambiguous = heads.some((head) => ids.includes(head.proxy));
  const commands = ambiguous ? [showProxy(proxy, '-1', type)] : ids.map((id) => showProxy(proxy, id, type));
  return (await haproxy.runAll(commands, signal)).flat();
}

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
