import { readFields, readRows } from '../grammar/csv.ts';
import { type CheckStatus, readCheckStatus, readStatus, type Status } from '../grammar/status.ts';
import { line, name } from '../grammar/words.ts';
import { type Command, query } from './command.ts';
import type { StatColumn } from './stat-columns.ts';

/** What a row of `show stat` is about, by its column `type`. */
export type StatType = 'frontend' | 'backend' | 'server' | 'listener';

const TYPES: readonly StatType[] = ['frontend', 'backend', 'server', 'listener'];
/** Bits of HAProxy's own filter. */
const MASKS = { frontend: 1, backend: 2, proxy: 3, server: 4, all: -1 } as const;

export interface StatFilter {
  /** Proxies by name; all without it, which costs a loaded HAProxy of 10,000 servers tens of milliseconds. */
  readonly proxy?: string | undefined;
  readonly type?: 'frontend' | 'backend' | 'server' | 'all' | undefined;
}

/** One of `STAT_COLUMNS`, or any other that a version or a module adds. */
export type Column = StatColumn | (string & {});

/** Columns are split in steps of so many. */
const STRIDE = 20;

/** One row of `show stat`; columns are read when asked for. */
export class StatRow {
  readonly #row: string;
  readonly #columns: ReadonlyMap<string, number>;
  #fields: readonly string[] = [];
  #complete = false;

  constructor(row: string, columns: ReadonlyMap<string, number>) {
    this.#row = row;
    this.#columns = columns;
  }

  /** A column by HAProxy's name; `''` when it is empty or this version lacks it. */
  text(column: Column): string {
    const at = this.#columns.get(column);
    return at === undefined ? '' : (this.#fieldsUpTo(at)[at] ?? '');
  }

  /** Splits only as far as needed: most callers read a few of the first columns of about 200. */
  #fieldsUpTo(at: number): readonly string[] {
    if (this.#fields.length > at || this.#complete) return this.#fields;
    this.#complete = this.#row.includes('"');
    const limit = Math.ceil((at + 1) / STRIDE) * STRIDE;
    this.#fields = this.#complete ? readFields(this.#row) : this.#row.split(',', limit);
    return this.#fields;
  }

  /** A column as a number; undefined when it is empty. Above 2^53 the last digits are rounded: use {@link bigint}. */
  number(column: Column): number | undefined {
    const text = this.text(column);
    return text === '' ? undefined : Number(text);
  }

  /** A counter, exact however large; undefined when it is empty. */
  bigint(column: Column): bigint | undefined {
    const text = this.text(column);
    return /^-?\d+$/.test(text) ? BigInt(text) : undefined;
  }

  get proxy(): string {
    return this.text('pxname');
  }

  /** The server, or `FRONTEND`, `BACKEND`, or the listener. */
  get name(): string {
    return this.text('svname');
  }

  get type(): StatType {
    return TYPES[this.number('type') ?? 0] ?? 'frontend';
  }

  get status(): Status {
    return readStatus(this.text('status'));
  }

  /** Undefined when the server is not checked. */
  get check(): CheckStatus | undefined {
    return readCheckStatus(this.text('check_status'));
  }

  /** Requests, streams and WebSockets under way; idle keep-alive clients do not count. */
  get sessions(): number {
    return this.number('scur') ?? 0;
  }

  /** Requests waiting for a free connection. */
  get queued(): number {
    return this.number('qcur') ?? 0;
  }

  toJSON(): Record<string, string> {
    return Object.fromEntries([...this.#columns.keys()].map((column) => [column, this.text(column)]));
  }
}

/**
 * `show stat`: as CSV, since JSON is 40 times the size and 20 times the work. Of two proxies of one name HAProxy shows
 * the first only, mostly the frontend; the client's method of the same name finds both.
 */
export const showStat = ({ proxy, type = 'all' }: StatFilter = {}): Command<StatRow[]> =>
  proxy === undefined ? ask('-1', type) : showProxy(proxy, proxy, type);

/** The rows of every frontend and backend themselves. */
export const showProxies = (): Command<StatRow[]> => ask('-1', 'proxy');

/**
 * The rows of `proxy` among those that HAProxy gives for `word`, a name or a number. It reads a name that it does not
 * know by the digits it begins with, and `3scale` becomes proxy 3.
 */
export const showProxy = (
  proxy: string,
  word: string,
  type: NonNullable<StatFilter['type']>,
): Command<StatRow[]> => {
  const command = ask(word, type);
  const read = (answer: string) => command.read(answer)?.filter((row) => row.proxy === proxy);
  return { ...command, read };
};

const ask = (word: string, type: keyof typeof MASKS): Command<StatRow[]> =>
  query(line('show stat', word === '-1' ? word : name(word, 'proxy'), String(MASKS[type]), '-1'), readStat, {
    alone: word === '-1',
  });

/** Rows of a `show stat` answer; undefined when it is none. */
export function readStat(answer: string): StatRow[] | undefined {
  if (!answer.startsWith('# pxname,')) return undefined;
  const rows = readRows(answer);
  const head = readFields(rows.next().value as string);
  const columns = new Map(
    head.map((column, at) => [column.replace(/^# /, ''), at] as const).filter(([column]) => column),
  );
  return Array.from(rows, (row) => new StatRow(row, columns));
}
