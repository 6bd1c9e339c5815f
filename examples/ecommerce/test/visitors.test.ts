import { describe, expect, it } from 'vitest';
import { judge } from '../demo/visitors.ts';

describe('judge', () => {
  it.each([
    ['a switch between two visits', ['1', '1', '2', '2'], { pages: 2, overtaken: 0, mixed: 0 }],
    ['a switch between a page and its call', ['1', '1', '1', '2', '2', '2'], { overtaken: 1, mixed: 0 }],
    ['a page that was switched before its API', ['1', '1', '2', '1', '2', '2'], { mixed: 2 }],
    ['an API that was switched before its page', ['1', '2', '1', '2'], { mixed: 2 }],
  ])('tells %s', (_, met, expected) => {
    expect(judge([met], 1)).toMatchObject(expected);
  });

  it('adds up what each visitor met', () => {
    const torn = ['1', '1', '2', '1', '2', '2'];
    expect(judge([['1', '2'], torn], 1)).toEqual({ pages: 4, overtaken: 2, mixed: 2 });
    expect(judge([torn], 3).mixed).toBe(0);
  });
});
