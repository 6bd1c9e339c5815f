/** Milliseconds between the first attempts. */
export const FIRST_PAUSE = 20;
/** Milliseconds between attempts at most. */
export const LONGEST_PAUSE = 1_000;
/** The pause grows with the wait, so that detection lags by about one per cent of it. */
const SHARE = 0.02;

/** Milliseconds to pause after waiting for `elapsed`; `random` (0 to 1) keeps many waiters from asking in step. */
export function pauseAfter(elapsed: number, random: number): number {
  const pause = Math.min(Math.max(FIRST_PAUSE, elapsed * SHARE), LONGEST_PAUSE);
  return pause * (0.75 + random / 2);
}
