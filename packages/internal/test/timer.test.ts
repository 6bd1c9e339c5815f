import { readdirSync, readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { bounded, LONGEST_TIMER, systemClock, TimeoutError, Timer } from '../src/index.ts';

beforeEach(() => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
});

const never = () => new Promise<never>(() => {});
const lengths = [1, LONGEST_TIMER, LONGEST_TIMER + 1, 10 * LONGEST_TIMER];

describe('Timer', () => {
  it.each(lengths)('runs once, after %d ms', async (delay) => {
    const run = vi.fn();
    new Timer(delay, run);
    await vi.advanceTimersByTimeAsync(delay - 1);
    expect(run).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(run).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('never runs when its delay is Infinity', () => {
    new Timer(Number.POSITIVE_INFINITY, never).restart();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(lengths)('does not run once stopped, at any part of %d ms', async (delay) => {
    const run = vi.fn();
    const timer = new Timer(delay, run);
    await vi.advanceTimersByTimeAsync(delay - 1);
    timer.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(lengths)('counts its %d ms from a restart, and again after it ran', async (delay) => {
    const run = vi.fn();
    const timer = new Timer(delay, run);
    await vi.advanceTimersByTimeAsync(delay - 1);
    timer.restart();
    await vi.advanceTimersByTimeAsync(delay - 1);
    expect(run).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    timer.restart();
    await vi.advanceTimersByTimeAsync(delay);
    expect(run).toHaveBeenCalledTimes(2);
  });

  it('keeps the process alive only until unref, at any part of a long delay', async () => {
    const started = vi.spyOn(globalThis, 'setTimeout');
    onTestFinished(() => started.mockRestore());
    new Timer(2 * LONGEST_TIMER, () => {}).unref();
    await vi.advanceTimersByTimeAsync(LONGEST_TIMER);
    expect(started.mock.results.map(({ value }) => value.hasRef())).toEqual([false, false]);
  });
});

describe('a limit that is longer than the timers of Node', () => {
  it.each([...lengths, Number.POSITIVE_INFINITY])('does not end a sleep of %d ms early', async (ms) => {
    const woken = vi.fn();
    const stop = new AbortController();
    const slept = systemClock.sleep(ms, stop.signal).then(woken, () => {});
    await vi.advanceTimersByTimeAsync(Math.min(ms - 1, 3 * LONGEST_TIMER));
    expect(woken).not.toHaveBeenCalled();
    stop.abort();
    await slept;
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(lengths)('ends bounded work after %d ms, not before', async (timeout) => {
    const ended = vi.fn();
    const work = bounded({ timeout }, never).catch(ended);
    await vi.advanceTimersByTimeAsync(timeout - 1);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await work;
    expect(ended).toHaveBeenCalledWith(new TimeoutError(timeout));
  });
});

describe('every package', () => {
  const packages = new URL('../../', import.meta.url);
  const sources = readdirSync(packages).flatMap((name) =>
    readdirSync(new URL(`${name}/src/`, packages), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${name}/src/${file}`),
  );
  /** The one place, and the private tools of tests, whose times are constants. */
  const exempt = /^internal\/src\/(timer\.ts|testing\/)|^testing\//;
  const own = /\bset(Timeout|Interval)\s*\(|AbortSignal\.timeout|\btimers\b/;

  it('starts its timers in timer.ts alone', () => {
    const code = (file: string) =>
      readFileSync(new URL(file, packages), 'utf8').replace(/^\s*(\/\/|\/?\*).*$/gm, '');
    expect(sources.length).toBeGreaterThan(100);
    expect(sources.filter((file) => !exempt.test(file) && own.test(code(file)))).toEqual([]);
  });
});
