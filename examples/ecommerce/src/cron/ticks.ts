/** The next tick strictly after `now`: multiples of the period, so that every container counts the same ticks. */
export const nextTick = (now: number, period: number): number => (Math.floor(now / period) + 1) * period;

/**
 * Runs `tick` at every multiple of `period` (milliseconds since 1970) until `signal` aborts. A tick under way is
 * finished; one that would begin after the abort is left to the next container. A tick longer than the period
 * makes the missed ones skip; they never queue up.
 */
export async function everyTick(
  period: number,
  signal: AbortSignal,
  tick: (scheduledFor: Date) => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    const at = nextTick(Date.now(), period);
    await until(at, signal);
    if (signal.aborted) return;
    await tick(new Date(at)).catch((error: Error) => console.error(`tick ${at}: ${error.message}`));
  }
}

async function until(at: number, signal: AbortSignal): Promise<void> {
  // A timer may fire a millisecond early; a tick must not run before its time, or it would come twice.
  while (!signal.aborted && Date.now() < at) await pause(at - Date.now(), signal);
}

const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
