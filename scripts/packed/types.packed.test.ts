import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { entriesOf } from './entries.ts';
import { compiler } from './toolchain.ts';
import { typescriptVersions } from './versions.ts';

const { folder } = inject('consumer');

/** How a consumer may have set its compiler up; a file that uses require() is only for the one that knows it. */
const settings = {
  nodenext: ['--module', 'nodenext', 'entries.mts', 'entries.cts'],
  bundler: ['--module', 'esnext', '--moduleResolution', 'bundler', 'entries.mts'],
};
const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false'];
const target = ['--target', 'es2022', '--lib', 'es2022', '--types', 'node'];

beforeAll(async () => {
  const entries = await entriesOf(folder);
  const lines = (line: (entry: string, name: string) => string) =>
    entries.map((entry, index) => line(entry, `entry${index}`)).join('\n');
  await writeFile(
    join(folder, 'entries.mts'),
    lines((entry, name) => `export * as ${name} from '${entry}';`),
  );
  await writeFile(
    join(folder, 'entries.cts'),
    lines((entry, name) => `import ${name} = require('${entry}'); ${name};`),
  );
});

describe.each(typescriptVersions)('the declarations, whole and unskipped, with TypeScript %s', (version) => {
  it.each(Object.entries(settings))('compile in a project with %s', async (_, files) => {
    const { all } = await execa('node', [compiler(version), ...strict, ...target, ...files], {
      cwd: folder,
      all: true,
      reject: false,
    });
    expect(all).toBe('');
  });
});
