import { describe, expect, it } from 'vitest';
import { option, readOptions } from '../src/index.ts';

interface Options {
  timeout?: number;
  name?: string;
}
const read = (given: unknown) =>
  readOptions<Options, { timeout: number }>(
    given as Options,
    { timeout: option.duration, name: option.text },
    { timeout: 5 },
    ({ name, found, wanted }) => new Error(`${name}: ${found}; wanted ${wanted}`),
  );

describe('readOptions', () => {
  it('fills defaults, also for an explicit undefined', () => {
    expect(read({ timeout: undefined, name: 'a' })).toEqual({ timeout: 5, name: 'a' });
  });

  it.each([
    [{ timeout: -1 }, 'timeout: -1; wanted milliseconds'],
    [{ timeout: '1s' }, "timeout: '1s'; wanted milliseconds"],
    [{ timout: 1 }, 'timout: an option of that name; wanted one of timeout, name'],
    [null, 'options: null; wanted an object'],
    ['x', "options: 'x'; wanted an object"],
    [{ toString: null }, 'toString: an option of that name'],
    [{ name: '' }, "name: ''; wanted a text that is not empty"],
  ])('refuses %o', (given, message) => {
    expect(() => read(given)).toThrow(message);
  });

  it('never shows a text that may hold a password', () => {
    expect(() => read({ timeout: 'postgres://a:secret@b' })).toThrow(/^timeout: a text; wanted/);
  });
});

describe('option.required', () => {
  it('refuses what was not given', () => {
    const refused = () =>
      readOptions<Options, object>(
        {},
        { name: option.required(option.text), timeout: option.duration },
        {},
        ({ name, found, wanted }) => new Error(`${name}: ${found}; wanted ${wanted}`),
      );
    expect(refused).toThrow('name: nothing; wanted a text that is not empty');
  });
});
