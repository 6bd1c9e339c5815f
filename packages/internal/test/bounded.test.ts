import { describe, expect, it, vi } from 'vitest';
import { bounded, TimeoutError } from '../src/index.ts';

const never = () => new Promise<never>(() => {});

describe('bounded', () => {
  it('settles at its timeout although the work ignores its signal', async () => {
    vi.useFakeTimers();
    const result = expect(bounded({ timeout: 50 }, never)).rejects.toEqual(new TimeoutError(50));
    await vi.advanceTimersByTimeAsync(50);
    await result;
    vi.useRealTimers();
  });

  it('rejects with the reason of the caller, who came first', async () => {
    const caller = new AbortController();
    const result = bounded({ timeout: 1000, signal: caller.signal }, never);
    caller.abort(new Error('enough'));
    await expect(result).rejects.toThrow('enough');
  });

  it('aborts the signal of the work once it has settled, and leaves no timer', async () => {
    vi.useFakeTimers();
    let seen: AbortSignal | undefined;
    await bounded({ timeout: 1000 }, async (signal) => {
      seen = signal;
    });
    expect(seen?.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('starts no work when the caller has already aborted', async () => {
    const work = vi.fn(never);
    await expect(
      bounded({ timeout: 10, signal: AbortSignal.abort(new Error('late')) }, work),
    ).rejects.toThrow('late');
    expect(work).not.toHaveBeenCalled();
  });

  it('gives the error that its caller makes of the limit, from what is known when it is reached', async () => {
    let seen = 'nothing';
    const explain = (late: TimeoutError) => new Error(`${late.message}, and ${seen} was seen`);
    const result = bounded({ timeout: 5, explain }, async () => {
      seen = 'one of two';
      return never();
    });
    await expect(result).rejects.toThrow('no answer within 5 ms, and one of two was seen');
  });

  it('explains no limit but its own', async () => {
    const inner = new TimeoutError(7);
    const explain = () => new Error('the outer limit');
    await expect(bounded({ timeout: 1000, explain }, () => Promise.reject(inner))).rejects.toBe(inner);
    const signal = AbortSignal.abort(inner);
    await expect(bounded({ timeout: 1000, explain, signal }, never)).rejects.toBe(inner);
  });
});
