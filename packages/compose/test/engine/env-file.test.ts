import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readVariable, updateEnvFile, withVariables } from '../../src/engine/env-file.ts';

describe('withVariables', () => {
  it('changes the named lines and leaves comments, order and the rest alone', () => {
    const text = '# images\nA=1\n\nexport B="2"\nC=3\n';
    expect(withVariables(text, { B: 'new', D: '4' })).toBe('# images\nA=1\n\nB=new\nC=3\nD=4\n');
  });

  it('makes a file of nothing', () => {
    expect(withVariables('', { A: '1' })).toBe('A=1\n');
  });
});

describe('readVariable', () => {
  it.each([
    ['A=1\nA=2\n', '2'],
    [`A='x y'`, 'x y'],
    ['#A=1', undefined],
    ['AB=1', undefined],
  ])('reads A of %j as %j', (text, value) => {
    expect(readVariable(text, 'A')).toBe(value);
  });
});

describe('updateEnvFile', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cutover-env-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('makes a new file for its owner only', async () => {
    const path = join(folder, '.env');
    await updateEnvFile(path, () => 'A=1\n');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('keeps the mode of an old file, and a link to it', async () => {
    const real = join(folder, 'real');
    const link = join(folder, '.env');
    await writeFile(real, 'A=1\n');
    await chmod(real, 0o640);
    await symlink(real, link);
    await updateEnvFile(link, (text) => `${text}B=2\n`);
    expect(await readFile(link, 'utf8')).toBe('A=1\nB=2\n');
    expect((await stat(real)).mode & 0o777).toBe(0o640);
    expect(await readdir(folder)).toHaveLength(2);
  });

  it('leaves the old text and no other file behind when the change throws', async () => {
    const path = join(folder, '.env');
    await writeFile(path, 'A=1\n');
    const failing = updateEnvFile(path, () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await readdir(folder)).toEqual(['.env']);
    expect(await readFile(path, 'utf8')).toBe('A=1\n');
  });
});
