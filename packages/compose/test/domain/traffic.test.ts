import { describe, expect, it } from 'vitest';
import { since, sumOfTraffic } from '../../src/domain/traffic.ts';

describe('since', () => {
  it('is the difference of two counts, with the latency of the later one', () => {
    expect(since({ requests: 10, errors: 1, latency: 5 }, { requests: 30, errors: 4, latency: 7 })).toEqual({
      requests: 20,
      errors: 3,
      latency: 7,
    });
  });

  it('has no errors where fewer are counted than before', () => {
    expect(since({ requests: 20, errors: 9 }, { requests: 30, errors: 4 })).toMatchObject({ errors: 0 });
  });

  it.each([
    ['nothing was counted before', undefined],
    ['the router has started anew', { requests: 100, errors: 0 }],
  ])('is the later count where %s', (_, then) => {
    expect(since(then, { requests: 30, errors: 4 })).toEqual({ requests: 30, errors: 4 });
  });
});

describe('sumOfTraffic', () => {
  it('adds counts, and weighs latencies by requests', () => {
    const parts = [
      { requests: 30, errors: 1, latency: 10 },
      { requests: 10, errors: 2, latency: 50 },
      { requests: 0, errors: 0, latency: 900 },
    ];
    expect(sumOfTraffic(parts)).toEqual({ requests: 40, errors: 3, latency: 20 });
    expect(sumOfTraffic([{ requests: 5, errors: 0 }])).toEqual({ requests: 5, errors: 0 });
  });
});
