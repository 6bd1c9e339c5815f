import type { MapEntry } from '../commands/map.ts';
import { lookUp, showMapLines } from '../commands/map-entries.ts';
import { toText } from '../grammar/bytes.ts';
import type { Haproxy } from './verb.ts';

/** As HAProxy shows it, without its pointer. */
export const lineOf = ({ key, value }: MapEntry): string => `${key} ${value}`;

/** Entries of bytes, as texts for people. */
export const shownEntries = (entries: readonly MapEntry[]): MapEntry[] =>
  entries.map(({ key, value }) => ({ key: toText(key), value: toText(value) }));

/**
 * Every entry of a map, as bytes. Of the line `a b c` HAProxy does not show whether its key is `a`, as in a map
 * file, or `a b`, as `add map` may have added it; a lookup decides.
 */
export async function readEntries(haproxy: Haproxy, map: string, signal?: AbortSignal): Promise<MapEntry[]> {
  const lines = (await haproxy.run(showMapLines(map), signal)).map(begin);
  const open = lines.filter(({ end, ends }) => ends.some((other) => other !== end));
  if (open[0] && (await comparesWholeKeys(haproxy, map, signal))) await findEnds(haproxy, map, open, signal);
  return lines.map(({ line, end }) => ({ key: line.slice(0, end), value: line.slice(end + 1) }));
}

interface Line {
  readonly line: string;
  /** Where its key ends, as far as is known; at first as in a map file. */
  end: number;
  /** Where else it may end: a key with a space has a value, or it could not have been added. */
  readonly ends: readonly number[];
  /** How well `end` is proved. */
  proof: number;
}

const begin = (line: string): Line => ({
  line,
  end: line.indexOf(' '),
  ends: Array.from(line.matchAll(/ /g), ({ index }) => index).filter((at) => at > 0 && at < line.length - 1),
  proof: 0,
});

/**
 * Only such a map finds an entry by its own key. One of regular expressions would find another, at the price of trying
 * each of them.
 */
const comparesWholeKeys = async (haproxy: Haproxy, map: string, signal: AbortSignal | undefined) =>
  /^(type=(str|beg), case=sensitive[^\n]*(\n|$))+$/.test(await haproxy.run(lookUp(map, 'any'), signal));

/** Asks for the key up to the first space of each line, then up to the second of those not found, and so on. */
async function findEnds(
  haproxy: Haproxy,
  map: string,
  lines: readonly Line[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const taken = new Set<string>();
  let open = lines;
  for (let n = 0; open.length > 0; n++) {
    const questions = open.map(({ line, ends }) => lookUp(map, line.slice(0, ends[n])));
    const answers = await haproxy.runAll(questions, signal);
    open = open.filter(
      (each, at) => !isFound(each, n, answers[at] as string, taken) && n + 1 < each.ends.length,
    );
  }
}

/**
 * Whether the answer shows this very entry. One that shows an equal line, or the key with another value, is the next
 * best: of keys that are there twice a lookup finds the first only.
 */
function isFound(each: Line, n: number, answer: string, taken: Set<string>): boolean {
  const end = each.ends[n] as number;
  const key = `key="${each.line.slice(0, end)}", value="`;
  const whole = answer.includes(`${key}${each.line.slice(end + 1)}", type=`);
  const place = `${end} ${each.line}`;
  const proof = whole ? (taken.has(place) ? 2 : 3) : answer.includes(key) ? 1 : 0;
  if (whole) taken.add(place);
  if (proof > each.proof) Object.assign(each, { end, proof });
  return proof === 3;
}
