import { bounded, ignoringErrors, TimeoutError } from '@cutover/internal';
import type { Haproxy } from './verb.ts';

/** The progress of a drain. */
export interface DrainProgress {
  /** Sessions and queued requests. */
  readonly remaining: number;
  /** Milliseconds since it began, and at most. */
  readonly elapsed: number;
  readonly limit: number;
}

/** Milliseconds between reads of the sessions in flight. */
const EVERY = 20;

export interface UntilEmptyOptions {
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DrainProgress) => void) | undefined;
}

/** Looks until nothing remains, twice: the last request may reach a server milliseconds after it was drained. */
export async function untilEmpty(
  { clock }: Haproxy,
  read: (signal: AbortSignal) => Promise<number>,
  { timeout, signal: outer, onProgress }: UntilEmptyOptions,
): Promise<{ drained: boolean; remaining: number }> {
  const start = clock.now();
  const tell = ignoringErrors(onProgress);
  let remaining = Number.NaN;
  const look = async (signal: AbortSignal) => {
    const now = await read(signal);
    if (now !== remaining) tell({ remaining: now, elapsed: clock.now() - start, limit: timeout });
    remaining = now;
    return now === 0;
  };
  try {
    await bounded({ timeout, signal: outer }, async (signal) => {
      for (let empty = 0; empty < 2; ) {
        empty = (await look(signal)) ? empty + 1 : 0;
        if (empty < 2) await clock.sleep(EVERY, signal);
      }
    });
    return { drained: true, remaining: 0 };
  } catch (error) {
    if (!(error instanceof TimeoutError) || error === outer?.reason) throw error;
    // An unread count is not zero.
    if (Number.isNaN(remaining)) await look(outer ?? new AbortController().signal);
    return { drained: false, remaining };
  }
}
