import type { Clock } from '@cutover/internal';
import { withRetries } from '../run/retries.ts';
import { type Notes, readNotes } from './notes.ts';

/** Milliseconds between two beats. */
export const BEAT = 3_000;
/** Without a confirmed beat for this long, a holder does nothing before it has asked again. */
export const FENCE_AFTER = 9_000;
/** Without a change for this long, by the observer's own clock, a holder on another host counts as dead. */
export const STALE_AFTER = 20_000;

/** Watches a holder that cannot be looked up; true when its notes stood still for as long as a dead one's would. */
export async function isStale(notes: Notes, clock: Clock): Promise<boolean> {
  const read = async () => (await withRetries('engine', clock, () => readNotes(notes))).pulse;
  const first = await read();
  for (let begun = clock.now(); clock.now() - begun < STALE_AFTER; ) {
    await clock.sleep(BEAT / 3);
    const asked = clock.now();
    if ((await read()) !== first) return false;
    // An engine that kept us waiting may have kept the holder waiting as well.
    if (clock.now() - asked > BEAT) begun = clock.now();
  }
  return true;
}
