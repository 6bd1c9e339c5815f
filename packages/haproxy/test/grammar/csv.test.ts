import { describe, expect, it } from 'vitest';
import { readStat, type StatRow } from '../../src/commands/stat.ts';
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

describe('readStat', () => {
  const head = `# pxname,svname,${Array.from({ length: 60 }, (_, n) => `c${n}`).join(',')},`;
  const [row, quoted] = readStat(
    `${head}\nbe,s1,${Array.from({ length: 60 }, (_, n) => n).join(',')},\nbe,"s,2",18446744073709551615,`,
  ) as [StatRow, StatRow];

  it('gives any column in any order, and nothing for one that is not there', () => {
    expect(['c59', 'pxname', 'c3', 'c40', 'nope'].map((column) => row.text(column))).toEqual([
      '59',
      'be',
      '3',
      '40',
      '',
    ]);
    expect([quoted.name, quoted.text('c50'), quoted.number('c50')]).toEqual(['s,2', '', undefined]);
  });
  it('keeps the digits of a number beyond 2^53', () => {
    expect(quoted.bigint('c0')).toBe(18446744073709551615n);
  });
  it('is none without its header', () => expect(readStat('No such proxy.')).toBeUndefined());
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
