import { option } from '@cutover/internal';
import type { StatFilter, StatRow } from '../commands/stat.ts';
import { checkOptions, HaproxyError } from '../errors.ts';
import { readProxyRows } from './proxy-rows.ts';
import type { Haproxy } from './verb.ts';

/** Milliseconds between looks. */
export const WATCH_INTERVAL = 1_000;
/** The least: a full `show stat` in a tight loop takes half of HAProxy's throughput with 10,000 servers. */
export const LEAST_WATCH_INTERVAL = 100;

export interface WatchOptions extends StatFilter {
  /** Milliseconds between looks, at least {@link LEAST_WATCH_INTERVAL}; default {@link WATCH_INTERVAL}. */
  interval?: number | undefined;
  /** Ends the watch: the loop over it ends without an error. */
  signal?: AbortSignal | undefined;
}

/** One row of one read, with the previous read. */
export interface WatchedRow {
  readonly row: StatRow;
  /**
   * How much a counter rose; counted from zero after a restart. Undefined at the first look, or for an empty column.
   */
  delta(column: string): number | undefined;
  /** The same for each second. */
  rate(column: string): number | undefined;
}

export interface WatchSample {
  /** Milliseconds since the look before; 0 at the first. */
  readonly elapsed: number;
  readonly rows: readonly WatchedRow[];
}

/**
 * Polls `show stat` until the loop ends or its signal aborts. An error of HAProxy ends it; call it again to continue.
 */
export async function* watch(
  haproxy: Haproxy,
  options: WatchOptions = {},
): AsyncGenerator<WatchSample, void, void> {
  const { interval, signal, ...filter } = checkOptions('watching HAProxy', options, RULES, {
    interval: WATCH_INTERVAL,
  });
  const { clock } = haproxy;
  let before: { at: number; rows: ReadonlyMap<string, StatRow> } | undefined;
  while (!signal?.aborted) {
    const rows = await readProxyRows(haproxy, filter, signal).catch(unlessAborted(signal));
    if (!rows) return;
    const at = clock.now();
    const elapsed = before ? at - before.at : 0;
    yield { elapsed, rows: rows.map((row) => watched(row, before?.rows.get(nameOf(row)), elapsed)) };
    before = { at, rows: new Map(rows.map((row) => [nameOf(row), row])) };
    await clock.sleep(Math.max(0, interval - (clock.now() - at)), signal).catch(unlessAborted(signal));
  }
}

const RULES = {
  proxy: option.text,
  type: option.oneOf('frontend', 'backend', 'server', 'all'),
  interval: {
    expected: `milliseconds, ${LEAST_WATCH_INTERVAL} or more`,
    accepts: (v: unknown) => option.duration.accepts(v) && (v as number) >= LEAST_WATCH_INTERVAL,
  },
  signal: option.signal,
};

/** A frontend and a backend may have one name, and a listener that of a server. */
const nameOf = (row: StatRow): string => `${row.type} ${row.proxy}/${row.name}`;

const unlessAborted = (signal: AbortSignal | undefined) => (error: unknown) => {
  if (signal?.aborted && !(error instanceof HaproxyError && error.code === 'invalid-options'))
    return undefined;
  throw error;
};

function watched(row: StatRow, before: StatRow | undefined, elapsed: number): WatchedRow {
  const delta = (column: string) => {
    const [now, then] = [row.number(column), before?.number(column)];
    if (now === undefined || then === undefined) return undefined;
    return now < then ? now : now - then;
  };
  const rate = (column: string) => {
    const rose = delta(column);
    return rose === undefined || elapsed <= 0 ? undefined : (rose * 1000) / elapsed;
  };
  return { row, delta, rate };
}
