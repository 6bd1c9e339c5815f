import { FakeClock } from '@cutover/testing';
import { describe, expect, it, vi } from 'vitest';
import { Probe, type ProbeLimits } from '../../src/health/probe.ts';

const limits: ProbeLimits = { timeout: 100, cache: 1_000, rise: 1, fall: 1 };

/** A check whose outcomes the test decides, one run after the other. */
function probeOf(
  run: (context: { signal: AbortSignal }) => Promise<unknown>,
  own: Partial<ProbeLimits> = {},
) {
  const clock = new FakeClock();
  const changes: string[] = [];
  const spied = vi.fn(run);
  const probe = new Probe(
    { name: 'db', run: spied as never },
    { ...limits, ...own },
    {
      clock,
      random: () => 0,
      onChange: (_, { status }) => changes.push(status),
    },
  );
  const ask = async () => {
    await probe.refresh();
    await clock.advance(1_000);
    return probe.read().status;
  };
  return { probe, clock, changes, run: spied, ask };
}
const bad = async () => Promise.reject(new Error('no'));
const hang = () => new Promise<never>(() => {});

describe('Probe', () => {
  it('runs once for many who ask, and not again within the cache period', async () => {
    const { probe, clock, run } = probeOf(async () => {});
    await Promise.all(Array.from({ length: 100 }, () => probe.refresh()));
    await clock.advance(999);
    expect(probe.refresh()).toBeUndefined();
    expect(run).toHaveBeenCalledTimes(1);
    await clock.advance(1);
    await probe.refresh();
    expect(run).toHaveBeenCalledTimes(2);
  });

  it('spreads the period by up to a tenth, never less', async () => {
    const clock = new FakeClock();
    const run = vi.fn(async () => {});
    const probe = new Probe({ name: 'a', run }, limits, { clock, random: () => 0.999, onChange: () => {} });
    await probe.refresh();
    await clock.advance(1_099);
    expect(probe.refresh()).toBeUndefined();
    await clock.advance(1);
    expect(probe.refresh()).toBeDefined();
  });

  it('tells the age of what it knows', async () => {
    const { probe, clock } = probeOf(async () => ({ status: 'warn', note: 'tight', facts: { left: 2 } }));
    expect(probe.read()).toMatchObject({ status: 'fail', age: undefined, output: 'no result yet' });
    await probe.refresh();
    await clock.advance(250);
    expect(probe.read()).toMatchObject({ status: 'warn', age: 250, output: 'tight', facts: { left: 2 } });
  });

  it('aborts a run at its limit', async () => {
    let reason: unknown;
    const { probe } = probeOf(
      ({ signal }) =>
        new Promise((_, reject) =>
          signal.addEventListener('abort', () => {
            reason = signal.reason;
            reject(signal.reason);
          }),
        ),
      { timeout: 10 },
    );
    await probe.refresh();
    expect(reason).toMatchObject({ name: 'TimeoutError' });
    expect(probe.read()).toMatchObject({ status: 'fail', output: 'no answer within 10 ms', slow: false });
  });

  it('never starts a second run beside one that ignores its abort, and says that it is slow', async () => {
    let end = () => {};
    const { probe, clock, run } = probeOf(() => new Promise<void>((resolve) => (end = resolve)), {
      timeout: 10,
    });
    await probe.refresh();
    await clock.advance(60_000);
    for (let ask = 0; ask < 10; ask++) expect(probe.refresh()).toBeUndefined();
    expect(run).toHaveBeenCalledTimes(1);
    expect(probe.read()).toMatchObject({ status: 'fail', slow: true, age: 60_000 });
    end();
    await clock.advance(0);
    expect(probe.refresh()).toBeDefined();
    end();
    expect(run).toHaveBeenCalledTimes(2);
  });

  it('falls and rises only after as many results in a row', async () => {
    const outcomes = [true, false, false, true, false, false, false, true, true];
    const { ask, changes } = probeOf(async () => (outcomes.shift() ? {} : bad()), { fall: 3, rise: 2 });
    const seen: string[] = [];
    while (outcomes.length > 0) seen.push(await ask());
    expect(seen).toEqual(['pass', 'warn', 'warn', 'pass', 'warn', 'warn', 'fail', 'fail', 'pass']);
    expect(changes).toEqual(['pass', 'warn', 'pass', 'warn', 'fail', 'pass']);
  });

  it('takes the first result at its word', async () => {
    expect(await probeOf(bad, { fall: 3 }).ask()).toBe('fail');
    expect(await probeOf(async () => {}, { rise: 3 }).ask()).toBe('pass');
  });

  it('leaves no timer behind', async () => {
    vi.useFakeTimers();
    const { probe } = probeOf(async () => {});
    await probe.refresh();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('counts a check that throws at once, or throws nothing in particular, as bad', async () => {
    expect(
      await probeOf(() => {
        throw new Error('at once');
      }).ask(),
    ).toBe('fail');
    expect(await probeOf(() => Promise.reject()).ask()).toBe('fail');
  });

  it('hangs nobody when the check hangs', async () => {
    const { probe } = probeOf(hang, { timeout: 5 });
    await expect(probe.refresh()).resolves.toBeUndefined();
  });
});
