import { integer, key, line, name } from '../grammar/words.ts';
import { type Command, change, query } from './command.ts';

/** One stick table. */
export interface StickTable {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly used: number;
}

/** One entry of a stick table. */
export interface StickEntry {
  readonly key: string;
  /** Milliseconds until it expires. */
  readonly expires: number;
  /** Its data by HAProxy's names, the period of a rate included: `http_req_rate(10000)`. */
  readonly data: Readonly<Record<string, string>>;
}

/** `show table`: all. */
export const showTables = (): Command<StickTable[]> =>
  query('show table', (answer) => {
    if (answer === '') return [];
    const heads = answer.split('\n').map(readHead);
    return heads.includes(undefined) ? undefined : (heads as StickTable[]);
  });

/** `show table <name>`. */
export const showTable = (table: string): Command<StickEntry[]> =>
  query(line('show table', name(table, 'table')), readEntries, { alone: true });

/** `set table`: creates or changes an entry; `data` as `{ gpc0: 5 }`. */
export const setTable = (
  table: string,
  entryKey: string,
  data: Readonly<Record<string, number>>,
): Command<true> =>
  change(
    line(
      'set table',
      name(table, 'table'),
      'key',
      key(entryKey),
      ...Object.entries(data).flatMap(([what, amount]) => [
        `data.${name(what, 'data type')}`,
        integer(amount, what, 0, Number.MAX_SAFE_INTEGER),
      ]),
    ),
  );

/** `clear table`: one entry. */
export const clearTable = (table: string, entryKey: string): Command<true> =>
  change(line('clear table', name(table, 'table'), 'key', key(entryKey)));

function readHead(text: string): StickTable | undefined {
  const [, table, type, size, used] =
    /^# table: (\S+), type: (\w+).*?, size:(\d+), used:(\d+)/.exec(text) ?? [];
  return table && type ? { name: table, type, size: Number(size), used: Number(used) } : undefined;
}

function readEntries(answer: string): StickEntry[] | undefined {
  const [head = '', ...lines] = answer.split('\n');
  if (!readHead(head)) return undefined;
  return lines.filter(Boolean).map((text) => {
    const [, entryKey = '', rest = ''] = /^0x[0-9a-f]+: key=(.*) (use=.*)$/.exec(text) ?? [];
    const {
      exp = '0',
      use: _use,
      shard: _shard,
      ...data
    } = Object.fromEntries(
      rest.split(' ').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    );
    return { key: entryKey.replace(/\\(.)/g, '$1'), expires: Number(exp), data };
  });
}
