import { integer, key, line, patternFile, value } from '../grammar/words.ts';
import { type Command, change, query } from './command.ts';

/** One entry of a map, in the map's order; when a key is there twice, lookups give the first. */
export interface MapEntry {
  readonly key: string;
  readonly value: string;
}

/** A map or ACL that HAProxy has loaded. */
export interface PatternFile {
  readonly id: number;
  /** As the configuration names it; undefined for one that is written in the configuration. */
  readonly file: string | undefined;
  readonly description: string;
  readonly entries: number | undefined;
}

/**
 * Up to 3.2 any socket may change a map, whatever its level; from 3.3 it takes admin. So none is demanded here, and
 * HAProxy's own refusal becomes `denied`.
 */
const ANY = { level: 'user' } as const;

/** `show map`: all that are loaded. */
export const showMaps = (): Command<PatternFile[]> => query('show map', readPatternFiles);

/** `show map <file>`. A key is read up to the first space, as in a map file; HAProxy does not mark where it ends. */
export const showMap = (map: string): Command<MapEntry[]> =>
  query(line('show map', patternFile(map)), readMapEntries, { alone: true });

/** `prepare map`: a new, empty version beside the one in use; its number. */
export const prepareMap = (map: string): Command<number> => ({
  ...query(line('prepare map', patternFile(map)), readPrepared, ANY),
  changes: true,
});

/** `add map`: one entry, into a prepared version or the one in use. */
export const addMap = (map: string, entryKey: string, entryValue: string, version?: number): Command<true> =>
  change(line('add map', at(version), patternFile(map), key(entryKey), value(entryValue)), ANY);

/** `commit map`: the prepared version takes the place of the one in use, in one step. */
export const commitMap = (map: string, version: number): Command<true> =>
  change(line('commit map', at(version), patternFile(map)), ANY);

/** `set map`: the value of every entry with that key, which must exist. */
export const setMap = (map: string, entryKey: string, entryValue: string): Command<true> =>
  change(line('set map', patternFile(map), key(entryKey), value(entryValue)), ANY);

/** `del map`: every entry with that key. */
export const deleteMap = (map: string, entryKey: string): Command<true> =>
  change(line('del map', patternFile(map), key(entryKey)), ANY);

/** `clear map`: a prepared version that is no longer wanted. */
export const clearMap = (map: string, version: number): Command<true> =>
  change(line('clear map', at(version), patternFile(map)), ANY);

export const at = (version: number | undefined): string =>
  version === undefined ? '' : `@${integer(version, 'version', 0, 2 ** 32 - 1)}`;

export const readPrepared = (answer: string): number | undefined => {
  const [, version] = /^New version created: (\d+)$/.exec(answer) ?? [];
  return version === undefined ? undefined : Number(version);
};

export function readPatternFiles(answer: string): PatternFile[] | undefined {
  const [head, ...lines] = answer.split('\n');
  if (!head?.startsWith('# id')) return undefined;
  return lines.filter(Boolean).map((text) => {
    const [, id, file, description = ''] = /^(-?\d+) \(([^)]*)\) (.*)$/.exec(text) ?? [];
    const [, entries] = /entry_cnt=(\d+)/.exec(description) ?? [];
    return {
      id: Number(id),
      file: file || undefined,
      description,
      entries: entries ? Number(entries) : undefined,
    };
  });
}

/** `0x55… key value with spaces`; each entry begins with its pointer, which a refusal does not. */
function readMapEntries(answer: string): MapEntry[] | undefined {
  if (answer === '') return [];
  const entries = answer.split('\n').map((text) => /^0x[0-9a-f]+ (\S+) ?(.*)$/.exec(text));
  if (entries.some((entry) => !entry)) return undefined;
  return entries.map((entry) => ({ key: entry?.[1] ?? '', value: entry?.[2] ?? '' }));
}
