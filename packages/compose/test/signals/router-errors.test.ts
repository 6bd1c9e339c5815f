import { describe, expect, it } from 'vitest';
import type { Compared, Traffic } from '../../src/domain/traffic.ts';
import { routerErrors } from '../../src/signals/router-errors.ts';

const of = (requests: number, errors: number): Traffic => ({ requests, errors });
const judge = (signal: ReturnType<typeof routerErrors>, counted: Compared | undefined) =>
  signal.judge({ signal: new AbortController().signal, traffic: async () => counted });

/** A generator that gives the same numbers each time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The verdicts on a release of which that share of requests fails, looked at 7 times a second at 200 requests a second. */
async function watched(share: number, before: Traffic, seed: number): Promise<readonly string[]> {
  const signal = routerErrors({ max: '2x' });
  const next = random(seed);
  const verdicts: string[] = [];
  let now = of(0, 0);
  for (let look = 0; look < 70; look++) {
    let errors = now.errors;
    for (let request = 0; request < 30; request++) if (next() < share) errors++;
    now = of(now.requests + 30, errors);
    verdicts.push((await judge(signal, { now, before })).verdict);
  }
  return verdicts;
}

describe('routerErrors', () => {
  it.each<[string, number | '2x', Traffic, Traffic, string, string?]>([
    [
      'five errors of a hundred against 1 %',
      0.01,
      of(100, 5),
      of(0, 0),
      'bad',
      '5 of 100 requests failed, with at most 1 % allowed',
    ],
    ['four errors, whatever the limit', 0.01, of(10, 4), of(0, 0), 'inconclusive', 'too few to say'],
    ['no error of a hundred', 0.01, of(100, 0), of(0, 0), 'good'],
    ['no error of 99', 0.01, of(99, 0), of(0, 0), 'inconclusive', '0 of 99 requests failed, too few to say'],
    ['one error of 200 against 1 %', 0.01, of(200, 1), of(0, 0), 'inconclusive', '1 of 200'],
    ['one error of 2,000 against 1 %', 0.01, of(2_000, 1), of(0, 0), 'good'],
    ['as many errors as the old slot', '2x', of(2_000, 20), of(2_000, 20), 'good'],
    [
      'ten times as many as the old slot',
      '2x',
      of(2_000, 200),
      of(2_000, 20),
      'bad',
      'of 2000 requests failed',
    ],
    [
      'an old slot without requests',
      '2x',
      of(2_000, 0),
      of(0, 0),
      'inconclusive',
      'the old slot had 0 requests',
    ],
    ['no request at all', '2x', of(0, 0), of(0, 0), 'inconclusive', '0 of 0'],
  ])('judges %s', async (_, max, now, before, verdict, words = '') => {
    const said = await judge(routerErrors({ max }), { now, before });
    expect(said.verdict).toBe(verdict);
    expect('why' in said ? said.why : '').toContain(words);
  });

  it('says nothing where the router does not', async () => {
    expect(await judge(routerErrors({ max: 0.01 }), undefined)).toEqual({
      verdict: 'inconclusive',
      why: 'the router does not say what it has counted',
    });
  });

  it('finds a release with 5 % errors bad within 5 s at 200 requests a second, in 100 of 100', async () => {
    for (let seed = 1; seed <= 100; seed++) {
      const verdicts = await watched(0.05, of(2_000, 0), seed);
      expect(verdicts.slice(0, 35)).toContain('bad');
    }
  });

  it.each([
    ['no errors beside an old slot without', 0, of(2_000, 0), 0],
    ['0.5 % of errors as the old slot', 0.005, of(2_000, 10), 1],
    ['0.5 % beside an old slot that had none, by chance', 0.005, of(400, 0), 1],
  ])('finds a release with %s bad in at most 1 of 100', async (_, share, before, most) => {
    let bad = 0;
    for (let seed = 1; seed <= 100; seed++) if ((await watched(share, before, seed)).includes('bad')) bad++;
    expect(bad).toBeLessThanOrEqual(most);
  });

  it.each<[unknown, string]>([
    [
      '0.5x',
      "option max: '0.5x'; wanted a number from 0 to 1, or so many times what the old slot had, as '2x'",
    ],
    ['twice', "option max: 'twice'"],
    [5, 'option max: 5'],
    [undefined, 'option max: nothing'],
  ])('refuses %s', (max, words) => {
    expect(() => routerErrors({ max: max as number })).toThrow(words);
  });
});
