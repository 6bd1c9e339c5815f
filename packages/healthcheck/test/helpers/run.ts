import { expect } from 'vitest';
import type { Check } from '../../src/check.ts';

/** Runs a check once; aborts it after `limit` milliseconds, as whoever runs checks does. */
export async function run(check: Check, limit = 5_000) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(new Error('limit reached')), limit);
  try {
    return await check.run({ signal: stop.signal });
  } finally {
    clearTimeout(timer);
  }
}

/** A check that meets a silent peer ends with its signal, and leaves no connection open. */
export async function expectAbortable(check: Check, peer: { sockets: ReadonlySet<unknown> }): Promise<void> {
  await expect(run(check, 100)).rejects.toThrow('limit reached');
  await expect.poll(() => peer.sockets.size).toBe(0);
}

/** How a run ends: `good`, the code of its failure, or `limit reached`. */
export const outcome = (check: Check, limit?: number): Promise<string> =>
  run(check, limit).then(
    () => 'good',
    (error) => error.code ?? error.message,
  );

/** Asks a server that starts until it is good: whatever it says before, it is nothing that waiting would not mend. */
export async function expectOnlyNotYetUntilGood(
  ask: () => Promise<string>,
  limits: { timeout: number; interval: number },
): Promise<void> {
  const seen = new Set<string>();
  const look = async () => {
    const found = await ask();
    seen.add(found);
    return found;
  };
  await expect.poll(look, limits).toBe('good');
  const notYet = ['good', 'unreachable', 'not-ready', 'silent', 'limit reached'];
  expect([...seen].filter((found) => !notYet.includes(found))).toEqual([]);
}
