import { systemClock } from '@cutover/internal';
import type { Stack } from './stack.ts';

/** The shop's own records, independent of what the load has seen. */
export interface Records {
  readonly ordersTwice: number;
  readonly jobs: { readonly started: number; readonly finished: number; readonly cut: number };
  readonly ticks: { readonly run: number; readonly twice: number };
}

const SQL = `SELECT json_build_object(
  'ordersTwice', (SELECT count(*) FROM (SELECT 1 FROM "Order" GROUP BY reference HAVING count(*) > 1) AS twice),
  'started', (SELECT count(*) FROM "JobRun"),
  'finished', (SELECT count(*) FROM "JobRun" WHERE finished_at IS NOT NULL),
  'ticks', (SELECT count(*) FROM "Tick"),
  'ticksTwice', (SELECT count(*) FROM (SELECT 1 FROM "Tick" GROUP BY scheduled_for HAVING count(*) > 1) AS twice))`;

export async function readRecords(stack: Stack): Promise<Records> {
  const { ordersTwice, started, finished, ticks, ticksTwice } = JSON.parse(await stack.query(SQL));
  return {
    ordersTwice,
    jobs: { started, finished, cut: started - finished },
    ticks: { run: ticks, twice: ticksTwice },
  };
}

/** Milliseconds that the last jobs may take after the load. */
const PATIENCE = 60_000;

/** The same once that many jobs have finished; after a minute, as they are then. */
export async function settledRecords(stack: Stack, jobs: number, signal: AbortSignal): Promise<Records> {
  const until = systemClock.now() + PATIENCE;
  for (;;) {
    const records = await readRecords(stack);
    if (records.jobs.finished >= jobs || systemClock.now() > until) return records;
    await systemClock.sleep(500, signal);
  }
}
