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
