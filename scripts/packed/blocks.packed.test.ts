import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { readBlocks } from './blocks.ts';
import { runOn, toModule } from './programs.ts';
import { compiler } from './toolchain.ts';
import { nodeVersions } from './versions.ts';

const { folder } = inject('consumer');
const blocks = (await readBlocks()).map((block) => ({ ...block, file: block.at.replace(/[^\w-]/g, '_') }));

describe('the code of the READMEs and guides', () => {
  let problems: readonly string[];

  beforeAll(async () => {
    await mkdir(join(folder, 'blocks'));
    const files = blocks.map(({ file }) => `blocks/${file}.mts`);
    await Promise.all(blocks.map(({ code }, index) => writeFile(join(folder, files[index] as string), code)));
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2022'];
    const command = [
      compiler('5.9.3'),
      ...options,
      '--lib',
      'es2023,esnext.disposable',
      '--types',
      'node',
      ...files,
    ];
    const { all } = await execa('node', command, { cwd: folder, all: true, reject: false });
    problems = all.split('\n').filter(Boolean);
  });

  it.each(blocks)('compiles: $at', ({ file }) => {
    expect(problems.filter((line) => line.startsWith(`blocks/${file}.mts`))).toEqual([]);
  });

  it('compiles without a complaint outside it', () => {
    expect(problems.filter((line) => !/^( |blocks\/)/.test(line))).toEqual([]);
  });
});

describe.each(nodeVersions)(
  'the code of the READMEs and guides that needs only Node, on Node %s',
  (version) => {
    it.each(blocks.filter(({ runs }) => runs))('runs to its end: $at', async ({ code }) => {
      const place = await mkdtemp(join(folder, 'run-'));
      await writeFile(join(place, 'block.mjs'), toModule(code));
      const { exitCode, all } = await runOn(version, place, 'block.mjs');
      expect(exitCode, all).toBe(0);
    });
  },
);
