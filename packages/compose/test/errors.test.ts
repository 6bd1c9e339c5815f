import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { deployErrorCodes } from '../src/errors.ts';

describe('deployErrorCodes', () => {
  it('stand in the README as they stand in the code', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    const rows = [...readme.matchAll(/^\| `([a-z-]+)` +\| (.*?) +\|$/gm)].map(([, code, meaning]) => [
      code,
      meaning,
    ]);
    const meanings = Object.fromEntries(
      Object.entries(deployErrorCodes).map(([code, { meaning }]) => [code, meaning]),
    );
    expect(Object.fromEntries(rows)).toEqual(meanings);
  });
});
