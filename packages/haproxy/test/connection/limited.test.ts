import { TimeoutError } from '@cutover/internal';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { limited } from '../../src/connection/limited.ts';

const never = () => new Promise<never>(() => {});
const open = new AbortController().signal;
const endless = { timeout: Number.POSITIVE_INFINITY };

describe('limited', () => {
  afterEach(() => void vi.useRealTimers());

  it('settles at its timeout although the work ignores its signal', async () => {
    vi.useFakeTimers();
    const result = expect(limited({ timeout: 50 }, open, never)).rejects.toEqual(new TimeoutError(50));
    await vi.advanceTimersByTimeAsync(50);
    await result;
  });

  it.each(['the caller', 'the client'])('ends with the reason of %s, and tells the work', async (who) => {
    const [caller, client] = [new AbortController(), new AbortController()];
    let seen: AbortSignal | undefined;
    const result = limited({ ...endless, signal: caller.signal }, client.signal, (signal) => {
      seen = signal;
      return never();
    });
    (who === 'the caller' ? caller : client).abort(new Error(who));
    await expect(result).rejects.toThrow(who);
    expect(seen?.reason).toEqual(new Error(who));
  });

  it('starts no work for a caller who has aborted already', async () => {
    const work = vi.fn(never);
    const signal = AbortSignal.abort(new Error('late'));
    await expect(limited({ ...endless, signal }, open, work)).rejects.toThrow('late');
    expect(work).not.toHaveBeenCalled();
  });

  it('leaves no timer, and no sign to what the work has opened', async () => {
    vi.useFakeTimers();
    const caller = new AbortController();
    const opened = await limited({ timeout: 1000, signal: caller.signal }, open, async (signal) => signal);
    caller.abort();
    expect([opened.aborted, vi.getTimerCount()]).toEqual([false, 0]);
  });
});
