import { describe, expect, it } from 'vitest';
import { readFields, readRows } from '../../src/grammar/csv.ts';

describe('readFields', () => {
  it.each([
    ['a,b,,c,', ['a', 'b', '', 'c', '']],
    ['a,"b,c",d', ['a', 'b,c', 'd']],
    ['"say ""hi"", now",x', ['say "hi", now', 'x']],
    ['a,"",b', ['a', '', 'b']],
    ['a,""""', ['a', '"']],
    ['a,"two\nlines",', ['a', 'two\nlines', '']],
    ['a,"never closed', ['a', 'never closed']],
    ['', ['']],
  ])('%j', (row, fields) => expect(readFields(row)).toEqual(fields));
});

describe('readRows', () => {
  it('ends a row at a line feed that is not within quotes', () => {
    expect([...readRows('a,b\nc,"d\n,e""\nf",g\n\nh')]).toEqual(['a,b', 'c,"d\n,e""\nf",g', 'h']);
  });
  it('ends with the text when a quote is never closed', () => {
    expect([...readRows('a\n"b\nc')]).toEqual(['a', '"b\nc']);
  });
  it('looks at each character once: ten times the text takes about ten times as long, not a hundred', () => {
    const time = (count: number, row: string) => {
      const text = row.repeat(count);
      const start = performance.now();
      expect([...readRows(text)]).toHaveLength(count);
      return performance.now() - start;
    };
    for (const row of [`${'1,'.repeat(150)}\n`, `"a, b",${'1,'.repeat(150)}\n`]) {
      time(2_000, row);
      expect(time(20_000, row)).toBeLessThan(Math.max(200, 40 * time(2_000, row)));
    }
  });
});
