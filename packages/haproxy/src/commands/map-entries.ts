import { isText, toBytes, toText } from '../grammar/bytes.ts';
import { carried, line, patternFile, within } from '../grammar/words.ts';
import { type Command, change, query } from './command.ts';
import { at, type MapEntry } from './map.ts';

// Keys and values here are bytes: entries copied from one version of a map to the next may be written by others.

/** `show map`: its lines without the pointers. Where a key with a space ends HAProxy does not say. */
export const showMapLines = (map: string): Command<string[]> => ({
  ...query(line('show map', patternFile(map)), readLines, { alone: true }),
  bytes: true,
});

function readLines(answer: string): string[] | undefined {
  if (answer === '') return [];
  const lines = answer.split('\n').map((text) => /^0x[0-9a-f]+ (.* .*)$/s.exec(text)?.[1]);
  return lines.includes(undefined) ? undefined : (lines as string[]);
}

/** `get map`: which entry a lookup of the key finds, in HAProxy's words. */
export const lookUp = (map: string, key: string): Command<string> =>
  asText(
    query(`get map ${patternFile(map)} ${carried(key)}${guard(key)}`, (answer) =>
      answer.startsWith('type=') ? answer : undefined,
    ),
  );

/** Bytes of a payload: HAProxy takes 16 KB up to 3.3. */
const PAYLOAD_LIMIT = 8_000;

/** The `add map` of each entry, in order; those that no line can say, since a part of them is empty, by payload. */
export function addEntries(
  map: string,
  entries: readonly MapEntry[],
  version: number | undefined,
): Command<true>[] {
  const words = line('add map', at(version), patternFile(map));
  const commands: Command<true>[] = [];
  let payload: string[] = [];
  let size = 0;
  const flush = () => {
    if (payload.length > 0) commands.push(byPayload(words, payload.join('\n')));
    [payload, size] = [[], 0];
  };
  for (const { key, value } of entries) {
    const text = `${key} ${value}`;
    const empty = key === '' || value === '';
    if (!empty || size + text.length > PAYLOAD_LIMIT) flush();
    if (!empty) {
      commands.push(byLine(words, key, value));
      continue;
    }
    payload.push(text);
    size += text.length + 1;
  }
  flush();
  return commands;
}

/** No level is demanded, as with every other command of maps. */
const ANY = { level: 'user' } as const;

const byPayload = (words: string, payload: string): Command<true> => ({
  ...change(words, ANY),
  payload,
  alone: true,
  bytes: true,
});

const byLine = (words: string, key: string, value: string): Command<true> =>
  asText(change(`${words} ${carried(key)} ${carried(value)}${guard(value)}`, ANY));

/** A last word with `<<` would begin a payload, and a carriage return would be dropped: unless a space follows. */
const guard = (last: string): string => (/<<|[\\\s]/.test(last) ? ' ' : '');

/** In line with others where its bytes are text; else alone. */
const asText = <T>(command: Command<T>): Command<T> => {
  const line = within(command.line, command.line.length);
  if (!isText(line)) return { ...command, alone: true, bytes: true };
  return { ...command, line: toText(line), read: (answer) => command.read(toBytes(answer)) };
};
