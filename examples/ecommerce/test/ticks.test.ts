import { afterEach, describe, expect, it, vi } from 'vitest';
import { everyTick, nextTick } from '../src/cron/ticks.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('nextTick', () => {
  it('is strictly later, so that a successor never repeats the tick of its start', () => {
    expect(nextTick(3_999, 2_000)).toBe(4_000);
    expect(nextTick(4_000, 2_000)).toBe(6_000);
  });
});

describe('everyTick', () => {
  it('runs each multiple of the period once, and goes on after one that failed', async () => {
    vi.useFakeTimers({ now: 1_500 });
    const ran: number[] = [];
    const stop = new AbortController();
    const ticking = everyTick(1_000, stop.signal, async (scheduledFor) => {
      ran.push(scheduledFor.getTime());
      if (ran.length === 1) throw new Error('the database is away');
    });
    vi.spyOn(console, 'error').mockImplementation(() => {});
    await vi.advanceTimersByTimeAsync(2_600);
    stop.abort();
    await ticking;
    expect(ran).toEqual([2_000, 3_000, 4_000]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('finishes the tick under way and begins no other', async () => {
    vi.useFakeTimers({ now: 0 });
    const stop = new AbortController();
    let finished = 0;
    const ticking = everyTick(1_000, stop.signal, async () => {
      await new Promise((resolve) => setTimeout(resolve, 400));
      finished += 1;
    });
    await vi.advanceTimersByTimeAsync(1_100);
    stop.abort();
    await vi.advanceTimersByTimeAsync(5_000);
    await ticking;
    expect(finished).toBe(1);
  });
});
