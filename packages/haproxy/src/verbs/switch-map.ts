import { bounded, option } from '@cutover/internal';
import type { MapEntry } from '../commands/map.ts';
import { checkOptions, HaproxyError, timedOut } from '../errors.ts';
import { toBytes } from '../grammar/bytes.ts';
import { mapKey, value as mapValue } from '../grammar/words.ts';
import { commitEntries, isSame } from './commit-map.ts';
import { readEntries, shownEntries } from './map-entries.ts';
import { STATE_TIMEOUT } from './open.ts';
import { readBackendRow } from './proxy-rows.ts';
import { type Change, type Haproxy, VERB_RULES, type VerbOptions } from './verb.ts';

export interface FenceMapOptions extends VerbOptions {
  /** The map file as the configuration names it, or `#id`. */
  map: string;
  /**
   * Called when the new version is complete and before it is committed; when it rejects, the map stays as it is. If it
   * checks that a lock is still held, the commit can never overwrite a map that a later lock holder has fenced.
   */
  beforeCommit?: (() => Promise<void>) | undefined;
}

export interface SwitchMapOptions extends FenceMapOptions {
  /** One entry to set. */
  key?: string | undefined;
  value?: string | undefined;
  /** More entries, or all of them: they are set in one commit. */
  entries?: Readonly<Record<string, string>> | undefined;
  /** Refuses when a value that is set names no backend, or one that is not up now, for which HAProxy answers 503. Default false. */
  requireBackend?: boolean | undefined;
}

/**
 * Sets keys of a map, all at once: a new version is prepared, filled with every entry and committed in one step, then
 * read back. The map is never empty and never half-written. Other entries are carried over byte for byte, whatever
 * is in them, and in their order; new keys go last.
 * @throws {HaproxyError} `conflict` when another program changed the map meanwhile (HAProxy has no compare-and-set: take
 *   a lock of your own around deployments); `not-ready` for a backend that is not up; `not-found`; `invalid-options`
 *   for a key or value of yours that HAProxy's CLI or a map file cannot hold.
 */
export async function switchMap(haproxy: Haproxy, options: SwitchMapOptions): Promise<Change<MapEntry[]>> {
  const doing = `switching ${options?.map} at ${haproxy.label}`;
  const { map, key, value, entries, requireBackend, beforeCommit, timeout, signal, dryRun } = checkOptions(
    doing,
    options,
    RULES,
    { ...DEFAULTS, requireBackend: false },
  );
  return bounded({ timeout, signal, explain: timedOut(doing) }, async (inner) => {
    const set = { ...entries, ...(key === undefined ? {} : { [key]: value ?? '' }) };
    if (Object.keys(set).length === 0)
      throw new HaproxyError('invalid-options', {
        doing,
        found: 'no entry',
        wanted: 'key and value, or entries',
      });
    const ours = Object.entries(set).map(readOurs);
    if (requireBackend)
      for (const backend of new Set(Object.values(set))) await demandBackend(haproxy, doing, backend, inner);
    const before = await readEntries(haproxy, map, inner);
    const shown = shownEntries(before);
    const old = shown.filter((entry) => entry.key in set).map((entry) => entry.value);
    haproxy.memory.claim(doing, [...Object.values(set), ...old], 'map');
    const wanted = withEntries(before, ours);
    if (isSame(before, wanted)) return { before: shown, after: shown, commands: [], dryRun };
    return commitEntries(haproxy, { doing, map, before, wanted, beforeCommit, dryRun }, inner);
  });
}

/**
 * Commits a map as it is, as a new version: HAProxy refuses from then on every version that was prepared before, even
 * when the command of a dead process arrives late. It is the one token that HAProxy checks.
 * @throws {HaproxyError} as {@link switchMap}.
 */
export async function fenceMap(haproxy: Haproxy, options: FenceMapOptions): Promise<Change<MapEntry[]>> {
  const doing = `fencing ${options?.map} at ${haproxy.label}`;
  const { map, beforeCommit, timeout, signal, dryRun } = checkOptions(doing, options, FENCE_RULES, DEFAULTS);
  return bounded({ timeout, signal, explain: timedOut(doing) }, async (inner) => {
    const before = await readEntries(haproxy, map, inner);
    return commitEntries(haproxy, { doing, map, before, wanted: before, beforeCommit, dryRun }, inner);
  });
}

const DEFAULTS = { timeout: STATE_TIMEOUT, dryRun: false };
const FENCE_RULES = { ...VERB_RULES, map: option.text, beforeCommit: option.function };
const RULES = {
  ...FENCE_RULES,
  key: option.text,
  value: option.text,
  entries: option.object,
  requireBackend: option.boolean,
};

/** An entry that is ours, as bytes; refused when it could not be written, or not be stored in a map file. */
function readOurs([key, value]: [string, string]): MapEntry {
  mapKey(key);
  mapValue(value);
  return { key: toBytes(key), value: toBytes(value) };
}

/** Every entry with such a key gets its value; a key that is not there is added. */
export function withEntries(before: readonly MapEntry[], set: readonly MapEntry[]): MapEntry[] {
  const fresh = set.filter(({ key }) => !before.some((entry) => entry.key === key));
  return [...before.map((entry) => set.find(({ key }) => key === entry.key) ?? entry), ...fresh];
}

async function demandBackend(
  haproxy: Haproxy,
  doing: string,
  backend: string,
  signal: AbortSignal,
): Promise<void> {
  const row = await readBackendRow(haproxy, backend, signal);
  const up = (row.number('act') ?? 0) + (row.number('bck') ?? 0);
  if (row.status.state === 'up' && up > 0) return;
  throw new HaproxyError('not-ready', {
    doing,
    found: `backend ${backend} is ${row.status.text} with ${up} servers up`,
    wanted: 'a backend with a server that is up',
  });
}
