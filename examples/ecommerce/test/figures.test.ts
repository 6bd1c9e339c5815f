import { describe, expect, it } from 'vitest';
import { type Figures, violations } from '../demo/figures.ts';
import { table } from '../demo/table.ts';

const good: Figures = {
  load: {
    sent: 21_362,
    answered: 21_362,
    failed: 9,
    failures: { 'bad-status, reused, products, 500': 9 },
    fresh: { sent: 3_541, failed: 0 },
    reused: { sent: 17_821, failed: 0 },
    kinds: {},
    versions: {
      '1.0.0 api_blue web_blue': { answers: 2_144, first: 0, last: 1 },
      '1.1.0 api_green web_green': { answers: 10_000, first: 1, last: 2 },
      // The same release, refreshed.
      '1.1.0 api_blue web_blue': { answers: 9_218, first: 1, last: 2 },
    },
    late: 0,
    latency: { p50: 4, p99: 60, p999: 90, max: 120 },
    lag: 5,
    seconds: 97,
  },
  visits: { pages: 4_720, overtaken: 3, mixed: 0, failures: ['/api/products answered 500'] },
  records: {
    ordersTwice: 0,
    jobs: { started: 218, finished: 218, cut: 0 },
    ticks: { run: 43, twice: 0 },
  },
  switches: [{ text: 'switch traffic from blue to green', at: Date.UTC(2026, 10, 23, 21, 20, 51), took: 79 }],
  stops: [{ service: 'ecomweb_cron', container: 'c', verdict: 'clean', exitCode: 0, duration: 900 }],
  cron: { overlap: 0, gap: 14_100 },
  worker: { overlap: 0, gap: 5_100 },
  jobsOrdered: 218,
  pruned: ['1.0.0'],
  pulled: ['shop:1.0.0'],
  migrations: ['migrations applied: 2_second', 'migrations: none to apply'],
  brokenVersion: '1.2.0',
  failingVersion: '1.2.1',
};

describe('violations', () => {
  it('says nothing of a good run', () => {
    expect(violations(good)).toEqual([]);
  });

  it.each<[string, Partial<Figures>, RegExp]>([
    [
      'a failed request',
      { load: { ...good.load, failed: 10, failures: { ...good.load.failures, reset: 1 } } },
      /1 requests failed/,
    ],
    [
      'a failing version that fails nothing',
      { load: { ...good.load, failed: 0, failures: {} } },
      /1\.2\.1 failed no request/,
    ],
    ['a short run', { load: { ...good.load, sent: 19_999 } }, /only 19999/],
    [
      'an answer of the broken version',
      { load: { ...good.load, versions: { '1.2.0 api_blue web_blue': { answers: 1, first: 0, last: 0 } } } },
      /1\.2\.0 took traffic/,
    ],
    [
      'a moment between two switches',
      { load: { ...good.load, versions: { '1.1.0 api_green web_blue': { answers: 1, first: 0, last: 0 } } } },
      /1 requests came while API and web front end were in different slots/,
    ],
    ['a page of one release with the API of another', { visits: { ...good.visits, mixed: 2 } }, /2 times/],
    ['a visit that failed', { visits: { ...good.visits, failures: ['reset'] } }, /1 visits failed: reset/],
    ['no visit', { visits: { ...good.visits, pages: 0 } }, /no page was visited/],
    ['a migration that did not run', { migrations: ['migrations: none to apply'] }, /applied 0 times/],
    ['a prune of nothing', { pruned: [] }, /no image was pruned/],
    ['an order taken twice', { records: { ...good.records, ordersTwice: 1 } }, /taken twice/],
    [
      'a cut job',
      { records: { ...good.records, jobs: { started: 218, finished: 217, cut: 1 } } },
      /1 jobs were cut/,
    ],
    ['a job that never ran', { jobsOrdered: 219 }, /1 jobs never ran/],
    [
      'a tick that ran twice',
      { records: { ...good.records, ticks: { run: 43, twice: 1 } } },
      /1 cron ticks ran twice/,
    ],
    ['a silent cron', { records: { ...good.records, ticks: { run: 0, twice: 0 } } }, /the cron never ran/],
    ['two crons', { cron: { overlap: 12, gap: 0 } }, /two crons ran for 12 ms/],
  ])('names %s', (_, change, sentence) => {
    expect(violations({ ...good, ...change }).join('\n')).toMatch(sentence);
  });
});

describe('table', () => {
  it('shows requests, answers, switches, jobs, crons', () => {
    const text = table(good);
    expect(text).toContain('21 362 sent, 0 failed');
    expect(text).toContain('1.1.0: 19 218');
    expect(text).toContain('0 routed while API and web were in different slots');
    expect(text).toContain('4 720 loaded, each followed by its call of the API: 0 mixed');
    expect(text).toContain('2 jobs ran, 1 had one to apply');
    expect(text).toContain('1 pruned, 1 pulled again');
    expect(text).toContain('switch traffic from blue to green at 21:20:51.000, in 79 ms');
    expect(text).toContain('218 ordered, 218 started, 218 finished, 0 cut');
    expect(text).toContain('0.0 s with two crons, 14.1 s with none');
  });
});
