import { bounded, option, TimeoutError } from '@cutover/internal';
import { addMap, clearMap, commitMap, type MapEntry, prepareMap, showMap } from '../commands/map.ts';
import { checkOptions, HaproxyError, isHaproxyError } from '../errors.ts';
import { STATE_TIMEOUT } from './open.ts';
import { readBackendRow } from './proxy-rows.ts';
import { type Change, type Haproxy, VERB_RULES, type VerbOptions } from './verb.ts';

export interface FenceMapOptions extends VerbOptions {
  /** The map file as the configuration names it, or `#id`. */
  map: string;
  /**
   * Asked when the new version is complete and before it is committed; when it rejects, the map stays as it is. Who
   * proves here that a lock is still held can never overwrite what a later holder has fenced.
   */
  beforeCommit?: (() => Promise<void>) | undefined;
}

export interface SwitchMapOptions extends FenceMapOptions {
  key: string;
  value: string;
  /** More entries to set in the same commit. */
  entries?: Readonly<Record<string, string>> | undefined;
  /** Refuses when `value` names no backend, or one that is not up now, for which HAProxy answers 503. Default false. */
  requireBackend?: boolean | undefined;
}

/**
 * Sets keys of a map, all at once: a new version is prepared, filled with every entry and committed in one step, then
 * read back. The map is never empty and never half-written. The order of other entries is kept; new keys go last.
 * @throws {HaproxyError} `conflict` when somebody else changed the map meanwhile (HAProxy has no compare-and-set: take
 *   a lock of your own around deployments); `not-ready` for a backend that is not up; `not-found`.
 */
export async function switchMap(haproxy: Haproxy, options: SwitchMapOptions): Promise<Change<MapEntry[]>> {
  const doing = `switching ${options?.map} at ${haproxy.label}`;
  const { map, key, value, entries, requireBackend, beforeCommit, timeout, signal, dryRun } = checkOptions(
    doing,
    options,
    RULES,
    { ...DEFAULTS, requireBackend: false },
  );
  return deadline(doing, { timeout, signal }, async (inner) => {
    if (requireBackend) await demandBackend(haproxy, doing, value, inner);
    const before = await haproxy.run(showMap(map), inner);
    const old = before.filter((entry) => entry.key === key).map((entry) => entry.value);
    haproxy.memory.claim(doing, [value, ...old], 'map');
    const wanted = withEntries(before, { ...entries, [key]: value });
    if (isSame(before, wanted)) return { before, after: before, commands: [], dryRun };
    return commit(haproxy, { doing, map, before, wanted, beforeCommit, dryRun }, inner);
  });
}

/**
 * Commits a map as it is, as a new version: HAProxy refuses from then on every version that was prepared before, also
 * when the command of a process that is long dead arrives late. It is the one token that HAProxy checks.
 * @throws {HaproxyError} as {@link switchMap}.
 */
export async function fenceMap(haproxy: Haproxy, options: FenceMapOptions): Promise<Change<MapEntry[]>> {
  const doing = `fencing ${options?.map} at ${haproxy.label}`;
  const { map, beforeCommit, timeout, signal, dryRun } = checkOptions(doing, options, FENCE_RULES, DEFAULTS);
  return deadline(doing, { timeout, signal }, async (inner) => {
    const before = await haproxy.run(showMap(map), inner);
    return commit(haproxy, { doing, map, before, wanted: before, beforeCommit, dryRun }, inner);
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

interface Replacement {
  readonly doing: string;
  readonly map: string;
  readonly before: readonly MapEntry[];
  readonly wanted: readonly MapEntry[];
  readonly beforeCommit: (() => Promise<void>) | undefined;
  readonly dryRun: boolean;
}

/** Prepares, fills, commits and reads back. */
async function commit(
  haproxy: Haproxy,
  replacement: Replacement,
  signal: AbortSignal,
): Promise<Change<MapEntry[]>> {
  const { doing, map, wanted, dryRun } = replacement;
  const before = [...replacement.before];
  if (dryRun) return { before, after: before, commands: plan(map, wanted, '@version'), dryRun };
  const { version, lost } = await replace(haproxy, replacement, signal);
  const after = await haproxy.run(showMap(map), signal);
  if (isSame(after, wanted)) return { before, after, commands: plan(map, wanted, `@${version}`), dryRun };
  throw lost ?? changed(doing, 'after the commit the map does not hold what was committed');
}

/** A version that could not be filled, or may not be committed, is cleared. */
async function replace(
  haproxy: Haproxy,
  { doing, map, before, wanted, beforeCommit }: Replacement,
  signal: AbortSignal,
) {
  haproxy.doubt();
  const version = await haproxy.run(prepareMap(map), signal);
  try {
    await haproxy.runAll(
      wanted.map((entry) => addMap(map, entry.key, entry.value, version)),
      signal,
    );
    if (!isSame(await haproxy.run(showMap(map), signal), before))
      throw changed(doing, 'somebody else changed the map meanwhile');
    await beforeCommit?.();
  } catch (error) {
    await haproxy.run(clearMap(map, version)).catch(() => {});
    throw error;
  }
  const lost = await haproxy.run(commitMap(map, version), signal).then(
    () => undefined,
    (error) => {
      if (isHaproxyError(error, 'lost')) return error;
      throw error;
    },
  );
  return { version, lost };
}

/** The words of it, for people. */
const plan = (map: string, wanted: readonly MapEntry[], version: string): string[] => [
  prepareMap(map).line,
  ...wanted.map((entry) =>
    addMap(map, entry.key, entry.value).line.replace(/^add map /, `add map ${version} `),
  ),
  `commit map ${version} ${map}`,
];

/** Every entry with that key gets the value; a key that is not there is added. */
export function withEntries(before: readonly MapEntry[], set: Readonly<Record<string, string>>): MapEntry[] {
  const fresh = Object.keys(set).filter((key) => !before.some((entry) => entry.key === key));
  return [
    ...before.map(({ key, value }) => ({
      key,
      value: Object.hasOwn(set, key) ? (set[key] as string) : value,
    })),
    ...fresh.map((key) => ({ key, value: set[key] as string })),
  ];
}

const isSame = (one: readonly MapEntry[], other: readonly MapEntry[]): boolean =>
  one.length === other.length &&
  one.every(({ key, value }, at) => key === other[at]?.key && value === other[at]?.value);

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

const changed = (doing: string, found: string) =>
  new HaproxyError('conflict', {
    doing,
    found,
    fix: 'take one lock around everything that changes this map',
  });

async function deadline<T>(
  doing: string,
  limits: { timeout: number; signal?: AbortSignal | undefined },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  try {
    return await bounded(limits, work);
  } catch (error) {
    if (!(error instanceof TimeoutError) || error === limits.signal?.reason) throw error;
    throw new HaproxyError('timeout', { doing, found: error.message }, { cause: error });
  }
}
