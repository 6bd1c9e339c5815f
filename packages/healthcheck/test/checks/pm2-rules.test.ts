import { describe, expect, it } from 'vitest';
import { judgePm2, type Pm2Rules, type RestartSample } from '../../src/checks/pm2-rules.ts';

const now = 10_000_000;
const entry = (change: object = {}) => ({
  name: 'api',
  id: 0 as number | string,
  pid: 1,
  status: 'online',
  execMode: 'cluster' as const,
  restarts: 0,
  unstableRestarts: 0,
  startedAt: now - 500_000,
  createdAt: now - 5_000_000,
  killTimeout: undefined,
  cpu: 0,
  memory: 0,
  ...change,
});
const judge = (
  processes: readonly object[],
  rules: Partial<Pm2Rules> = {},
  samples: readonly RestartSample[] = [],
) =>
  judgePm2(
    processes.map(entry),
    { maxRestarts: 3, restartWindow: 60_000, minUptime: 0, ...rules },
    { now, samples },
  ).problem;

describe('judgePm2', () => {
  it('is content with all online', () => {
    expect(judge([{}, { id: 1 }])).toBeUndefined();
  });

  it.each<[string, object[], Partial<Pm2Rules>, string]>([
    ['no processes', [], {}, 'not-ready'],
    ['a name PM2 does not know', [{}], { processes: ['api', 'cron'] }, 'not-ready'],
    ['one errored', [{}, { id: 1, status: 'errored' }], {}, 'unhealthy'],
    ['one stopped', [{}, { id: 1, status: 'stopped' }], {}, 'not-ready'],
    ['all stopped', [{ status: 'stopped' }], {}, 'unhealthy'],
    ['one launching', [{ status: 'launching' }], {}, 'not-ready'],
    ['one too young', [{ startedAt: now - 10 }], { minUptime: 1_000 }, 'not-ready'],
    ['fewer than wanted', [{}], { minOnline: 2 }, 'not-ready'],
    ['unstable restarts', [{ unstableRestarts: 4, startedAt: now - 10 }], {}, 'unhealthy'],
    ['a loop from the beginning', [{ restarts: 4, createdAt: now - 20_000 }], {}, 'unhealthy'],
  ])('objects to %s', (_, processes, rules, code) => {
    expect(judge(processes, rules)).toMatchObject({ code });
  });

  it('accepts one of two when one is enough, and ignores what is not named', () => {
    expect(judge([{}, { id: 1, status: 'stopped' }], { minOnline: 1 })).toBeUndefined();
    expect(judge([{}, { id: 1, name: 'cron', status: 'errored' }], { processes: ['api'] })).toBeUndefined();
  });

  it('ignores the outgoing half of a reload', () => {
    expect(judge([{}, { id: '_old_0', status: 'stopping' }])).toBeUndefined();
  });

  it('counts restarts within the window only, and not those before the first sample', () => {
    const before = (ago: number, restarts: number) => [{ at: now - ago, restarts: { 0: restarts } }];
    expect(judge([{ restarts: 40 }])).toBeUndefined();
    expect(judge([{ restarts: 40 }], {}, before(30_000, 37))).toBeUndefined();
    expect(judge([{ restarts: 40 }], {}, before(30_000, 36))).toMatchObject({ code: 'unhealthy' });
    expect(judge([{ restarts: 40 }], {}, before(90_000, 30))).toBeUndefined();
  });

  it('keeps few samples however often it is asked, the oldest of the window among them', () => {
    let samples: readonly RestartSample[] = [];
    for (let ask = 0; ask < 5_000; ask++) {
      const rules = { maxRestarts: 3, restartWindow: 60_000, minUptime: 0 };
      samples = judgePm2([entry()], rules, { now: now + ask, samples }).samples;
    }
    expect(samples.length).toBeLessThanOrEqual(201);
    expect(samples[0]?.at).toBe(now);
  });
});
