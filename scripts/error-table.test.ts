import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorPage, errorTables, errorText } from './error-table.ts';

describe('docs/errors.md', () => {
  it('is what the code says; `pnpm run error-table` writes it anew', async () => {
    expect(await readFile(errorPage, 'utf8')).toBe(errorText());
  });

  it.each(Object.entries(errorTables))(
    'has no code of @cutover/%s that nothing throws',
    async (name, { codes }) => {
      const folder = join(import.meta.dirname, `../packages/${name}/src`);
      const files = (await readdir(folder, { recursive: true })).filter(
        (file) => file.endsWith('.ts') && file !== 'errors.ts',
      );
      const source = (await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))).join(
        '\n',
      );
      const isUsed = (code: string) => new RegExp(`(['"\`])${code}\\1|^\\s*${code}:`, 'm').test(source);
      expect(Object.keys(codes).filter((code) => !isUsed(code))).toEqual([]);
    },
  );
});
