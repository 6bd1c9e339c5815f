import { clearMap, commitMap, type MapEntry, prepareMap } from '../commands/map.ts';
import { addEntries, showMapLines } from '../commands/map-entries.ts';
import { HaproxyError, isHaproxyError } from '../errors.ts';
import { lineOf, shownEntries } from './map-entries.ts';
import type { Change, Haproxy } from './verb.ts';

/** A version of a map to take the place of the one in use; entries as bytes. */
export interface Replacement {
  readonly doing: string;
  readonly map: string;
  readonly before: readonly MapEntry[];
  readonly wanted: readonly MapEntry[];
  readonly beforeCommit: (() => Promise<void>) | undefined;
  readonly dryRun: boolean;
}

/** Prepares, fills, commits and reads back. */
export async function commitEntries(
  haproxy: Haproxy,
  replacement: Replacement,
  signal: AbortSignal,
): Promise<Change<MapEntry[]>> {
  const { doing, map, wanted, dryRun } = replacement;
  const before = shownEntries(replacement.before);
  if (dryRun) return { before, after: before, commands: plan(map, wanted, '@version'), dryRun };
  const { version, lost } = await replace(haproxy, replacement, signal);
  const after = shownEntries(wanted);
  if (await holds(haproxy, map, wanted, signal))
    return { before, after, commands: plan(map, wanted, `@${version}`), dryRun };
  throw lost ?? changed(doing, 'after the commit the map does not hold what was committed');
}

/** A version that could not be filled, or may not be committed, is cleared. */
async function replace(
  haproxy: Haproxy,
  { doing, map, before, wanted, beforeCommit }: Replacement,
  signal: AbortSignal,
) {
  haproxy.invalidateWorker();
  const version = await haproxy.run(prepareMap(map), signal);
  try {
    await haproxy.runAll(addEntries(map, wanted, version), signal);
    if (!(await holds(haproxy, map, before, signal)))
      throw changed(doing, 'another program changed the map meanwhile');
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
  ...addEntries(map, wanted, undefined).map(({ line, payload }) => {
    const words = line.replace(/^add map /, `add map ${version} `);
    return payload === undefined ? words : `${words} <<\n${payload}\n`;
  }),
  `commit map ${version} ${map}`,
];

export const isSame = (one: readonly MapEntry[], other: readonly MapEntry[]): boolean =>
  one.length === other.length && one.every((entry, at) => lineOf(entry) === lineOf(other[at] as MapEntry));

const holds = async (haproxy: Haproxy, map: string, entries: readonly MapEntry[], signal: AbortSignal) =>
  (await haproxy.run(showMapLines(map), signal)).join('\n') === entries.map(lineOf).join('\n');

const changed = (doing: string, found: string) =>
  new HaproxyError('conflict', {
    doing,
    found,
    fix: 'take one lock around everything that changes this map',
  });
