import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { FakeClock } from '@cutover/testing';
import { describe, expect, it, vi } from 'vitest';
import {
  type Check,
  createHealth,
  HEALTH_CHANNEL,
  type HealthEvent,
  type HealthOptions,
  type LocalCheck,
} from '../../src/index.ts';

const good = (name: string): Check => ({ name, run: async () => {} });
const bad = (name: string): Check => ({ name, run: () => Promise.reject(new Error(`${name} is down`)) });
const hung = (name: string): Check => ({ name, run: () => new Promise(() => {}) });
const local = (check: Check): LocalCheck => ({ ...check, local: true });

const create = (options: HealthOptions) => {
  const clock = new FakeClock();
  return { clock, health: createHealth(options, { clock, random: () => 0 }) };
};

describe('createHealth', () => {
  it('is ready when the required checks are good', async () => {
    const { health } = create({ ready: [good('a'), { check: good('b'), required: true }] });
    await expect(health.report('ready')).resolves.toMatchObject({ status: 'pass', state: 'serving' });
  });

  it('fails with a required check and warns with another', async () => {
    await expect(create({ ready: [good('a'), bad('b')] }).health.report('ready')).resolves.toMatchObject({
      status: 'fail',
      checks: { a: { status: 'pass' }, b: { status: 'fail', output: 'b is down' } },
    });
    const warned = create({ ready: [good('a'), { check: bad('b'), required: false }] });
    await expect(warned.health.report('ready')).resolves.toMatchObject({ status: 'warn' });
  });

  it('is not ready while starting or draining, and asks nothing then', async () => {
    const check = { name: 'a', run: vi.fn(async () => {}) };
    const { health } = create({ ready: [check], starting: true });
    await expect(health.report('ready')).resolves.toMatchObject({ status: 'fail', state: 'starting' });
    expect(check.run).not.toHaveBeenCalled();
    health.started();
    await expect(health.report('ready')).resolves.toMatchObject({ status: 'pass', state: 'serving' });
    health.draining();
    health.started();
    await expect(health.report('ready')).resolves.toMatchObject({ status: 'fail', state: 'draining' });
    await expect(health.report('live')).resolves.toMatchObject({ status: 'pass' });
  });

  it('drains with the signal of a shutdown, also one that has begun before', () => {
    const stop = new AbortController();
    const { health } = create({ shutdown: stop.signal });
    expect(health.state).toBe('serving');
    stop.abort();
    expect(health.state).toBe('draining');
    expect(create({ shutdown: stop.signal }).health.state).toBe('draining');
  });

  it('answers after its patience with what it knows when a check hangs', async () => {
    const { health, clock } = create({ ready: [good('a'), hung('b')], patience: 500, timeout: 60_000 });
    const report = health.report('ready');
    await clock.advance(500);
    await expect(report).resolves.toMatchObject({
      status: 'fail',
      checks: { a: { status: 'pass' }, b: { output: 'no result yet' } },
    });
  });

  it('leaves no timer behind once the checks have answered', async () => {
    const { health, clock } = create({ ready: [good('a'), bad('b')], patience: 500 });
    await health.report('ready');
    expect(clock.sleeping).toBe(0);
  });

  it('follows a dependency that comes and goes, by one run a cache period', async () => {
    const outcomes = [true, false, true, false, true];
    const run = vi.fn(async () => {
      if (!outcomes[run.mock.calls.length - 1]) throw new Error('gone');
    });
    const { health, clock } = create({ ready: [{ name: 'a', run }] });
    const seen: string[] = [];
    for (let second = 0; second < outcomes.length; second++) {
      for (let ask = 0; ask < 20; ask++) await health.report('ready');
      seen.push((await health.report('ready')).status);
      await clock.advance(1_000);
    }
    expect(seen).toEqual(['pass', 'fail', 'pass', 'fail', 'pass']);
    expect(run).toHaveBeenCalledTimes(5);
  });

  it('tells the last good result as degraded, with its age, while a later run hangs', async () => {
    let runs = 0;
    const check: Check = { name: 'a', run: () => (runs++ === 0 ? Promise.resolve() : new Promise(() => {})) };
    const { health, clock } = create({ ready: [check], patience: 100, timeout: 60_000 });
    await health.report('ready');
    await clock.advance(1_000);
    const first = health.report('ready');
    await clock.advance(2_000);
    await first;
    const second = health.report('ready');
    await clock.advance(100);
    await expect(second).resolves.toMatchObject({
      status: 'warn',
      checks: {
        a: { status: 'warn', slow: true, output: 'degraded: no answer yet, last result 3100 ms old' },
      },
    });
    expect(runs).toBe(2);
  });

  it('answers live at once, whatever hangs', async () => {
    const { health } = create({ live: [local(hung('disk'))], ready: [hung('db')] });
    await expect(health.report('live')).resolves.toMatchObject({ status: 'pass' });
  });

  it('is not live when a local check has failed', async () => {
    const { health, clock } = create({ live: [local(bad('loop'))] });
    await health.report('live');
    await clock.advance(0);
    await expect(health.report('live')).resolves.toMatchObject({ status: 'fail' });
  });

  it('tells all checks in deep, running one that stands in two lists once', async () => {
    const check = { name: 'a', run: vi.fn(async () => {}) };
    const { health } = create({ live: [local(good('l'))], ready: [check], deep: [check, good('d')] });
    const { checks } = await health.report('deep');
    expect(Object.keys(checks)).toEqual(['l', 'a', 'd']);
    expect(check.run).toHaveBeenCalledTimes(1);
  });

  it('announces each change once, to the listener and the channel, and survives a listener that throws', async () => {
    const events: HealthEvent[] = [];
    const published: unknown[] = [];
    const listen = (event: unknown) => published.push(event);
    subscribe(HEALTH_CHANNEL, listen);
    const { health, clock } = create({
      ready: [bad('a')],
      onEvent: (event) => {
        events.push(event);
        throw new Error('mine');
      },
    });
    await health.report('ready');
    await clock.advance(1_000);
    await health.report('ready');
    health.draining();
    health.draining();
    unsubscribe(HEALTH_CHANNEL, listen);
    expect(events).toEqual([
      { type: 'check', check: 'a', status: 'fail', output: 'a is down' },
      { type: 'state', state: 'draining' },
    ]);
    expect(published).toEqual(events);
  });

  it.each<[string, object]>([
    ['a dependency in live', { live: [good('db')] }],
    ['two checks of one name', { ready: [good('a'), good('a')] }],
    ['what is no check', { ready: [{ name: 'a' }] }],
    ['a short token', { token: 'short' }],
    ['a wrong limit', { timeout: -1 }],
    ['a wrong limit of one check', { ready: [{ check: good('a'), rise: 0 }] }],
    ['an unknown option of one check', { ready: [{ check: good('a'), retries: 1 }] }],
    ['a path without a slash', { paths: { live: 'live' } }],
    ['an unknown option', { readiness: [] }],
  ])('refuses %s at the call', (_, options) => {
    expect(() => createHealth(options as never)).toThrow(
      expect.objectContaining({ code: 'invalid-options' }),
    );
  });
});

describe('Health.metrics', () => {
  it('tells what is known in the text format, asking nothing', async () => {
    const { health, clock } = create({ ready: [good('a'), bad('say "b"')] });
    await health.report('ready');
    await clock.advance(1_500);
    const lines = health.metrics().split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        '# TYPE cutover_check_up gauge',
        'cutover_health_state{state="serving"} 1',
        'cutover_health_state{state="draining"} 0',
        'cutover_check_up{check="a"} 1',
        'cutover_check_up{check="say \\"b\\""} 0',
        'cutover_check_age_seconds{check="a"} 1.5',
        'cutover_check_runs_total{check="a",result="good"} 1',
      ]),
    );
    expect(lines.at(-1)).toBe('');
  });
});
