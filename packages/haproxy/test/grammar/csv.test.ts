import { describe, expect, it, vi } from 'vitest';
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
  it.each([`${'1,'.repeat(150)}\n`, `"a, b",${'1,'.repeat(150)}\n`])(
    'looks at each character twice at most, for a line feed and for a quote, however long the text (%#)',
    (row) => {
      const text = row.repeat(2_000);
      let searched = 0;
      const indexOf = vi.spyOn(String.prototype, 'indexOf').mockImplementation(function (
        this: string,
        what: string,
        from = 0,
      ) {
        let at = from;
        while (at < this.length && this[at] !== what) at++;
        searched += at - from + 1;
        return at < this.length ? at : -1;
      });
      const rows = [...readRows(text)].length;
      indexOf.mockRestore();
      expect(rows).toBe(2_000);
      expect(searched).toBeLessThanOrEqual(2 * (text.length + 1));
    },
  );
});
