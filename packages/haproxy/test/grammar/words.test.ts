import { describe, expect, it } from 'vitest';
import { HaproxyError } from '../../src/errors.ts';
import { key, LINE_LIMIT, line, name, patternFile, rawLine, server, value } from '../../src/grammar/words.ts';
import { HOSTILE } from '../support/hostile.ts';

const refused = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return error instanceof HaproxyError && error.code === 'invalid-options';
  }
  return false;
};

describe('the words of a command', () => {
  it(`refuse each of ${HOSTILE.length} hostile texts, whatever it is meant to be`, () => {
    expect(HOSTILE.length).toBeGreaterThanOrEqual(500);
    for (const text of HOSTILE) {
      for (const make of [
        name,
        patternFile,
        value,
        key,
        rawLine,
        (t: string) => server({ backend: t, server: 'a' }),
      ]) {
        expect(
          refused(() => make(text)),
          JSON.stringify(text),
        ).toBe(true);
      }
    }
  });

  it('refuse what is no text', () => {
    for (const thing of [undefined, null, 1, {}, ['a']])
      expect(refused(() => name(thing as never))).toBe(true);
  });
});

describe('name', () => {
  it.each(['app', 'be_blue-1.2:3', 'A'])('accepts %s', (text) => expect(name(text)).toBe(text));
  it.each(['a b', 'a/b', 'a\\b', 'é', '#1', '@1'])('refuses %s', (text) =>
    expect(refused(() => name(text))).toBe(true),
  );
});

describe('value', () => {
  it('escapes spaces and backslashes, which HAProxy would take as its own', () => {
    expect(value('a b\\c')).toBe('a\\ b\\\\c');
  });
  it('lets other alphabets through', () => expect(value('größe=日本')).toBe('größe=日本'));
  it.each([' a', 'a '])('refuses %j, of which HAProxy would keep only a part', (text) => {
    expect(refused(() => value(text))).toBe(true);
  });
});

describe('key', () => {
  it('refuses what would name an entry by its pointer', () => expect(refused(() => key('#0x55'))).toBe(true));
});

describe('line', () => {
  it('counts bytes, not characters, against the buffer of HAProxy', () => {
    expect(line('a'.repeat(LINE_LIMIT - 1))).toHaveLength(LINE_LIMIT - 1);
    expect(refused(() => line('é'.repeat(LINE_LIMIT - 5)))).toBe(true);
  });
});
