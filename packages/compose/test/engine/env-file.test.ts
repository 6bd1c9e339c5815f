import {
  chmod,
  chown,
  lstat,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { composeProject } from '../../src/engine/compose-project.ts';
import { readVariable, updateEnvFile, withProfiles, withVariables } from '../../src/engine/env-file.ts';

describe('withVariables', () => {
  it('changes the named lines and leaves comments, order and the rest alone', () => {
    const text = '# images\nA=1\n\nexport B="2"\nC=3\n';
    expect(withVariables(text, { B: 'new', D: '4' })).toBe('# images\nA=1\n\nB=new\nC=3\nD=4\n');
  });

  it.each([
    ['A=1 # live', 'A=new # live'],
    ['A="1"\t # live', 'A=new\t # live'],
    ["A='1 # 2' # live", 'A=new # live'],
    ['A="1 # 2"', 'A=new'],
    ['A= # none yet', 'A=new # none yet'],
    ['A=1#2', 'A=new'],
  ])('keeps the comment after a value: %s', (before, after) => {
    expect(withVariables(before, { A: 'new' })).toBe(`${after}\n`);
  });

  it('makes a file of nothing', () => {
    expect(withVariables('', { A: '1' })).toBe('A=1\n');
  });
});

describe('readVariable', () => {
  it.each([
    ['A=1\nA=2\n', '2'],
    [`A='x y'`, 'x y'],
    ['A=x # y', 'x'],
    [`A="x # y" # z`, 'x # y'],
    ['A=x#y', 'x#y'],
    ['A=x\t# y', 'x\t# y'],
    ['#A=1', undefined],
    ['AB=1', undefined],
  ])('reads A of %j as %j', (text, value) => {
    expect(readVariable(text, 'A')).toBe(value);
  });
});

describe('withProfiles', () => {
  it('reads profiles before a comment, and keeps that', () => {
    const text = 'COMPOSE_PROFILES=blue,debug # not by hand\n';
    expect(withProfiles(text, ['green'], ['blue'])).toBe('COMPOSE_PROFILES=debug,green # not by hand\n');
  });
});

describe('pin', () => {
  it('writes an env file that is given by its absolute path', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cutover-env-'));
    try {
      const project = composeProject({ directory: import.meta.dirname, envFile: join(folder, 'shop.env') });
      await project.pin({ A: 'new' });
      expect(await readFile(join(folder, 'shop.env'), 'utf8')).toBe('A=new\n');
    } finally {
      await rm(folder, { recursive: true });
    }
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

  it.runIf(process.getuid?.() === 0)(
    'leaves the file, also behind a link, to the user and the group that own it',
    async () => {
      const real = join(folder, 'real');
      const link = join(folder, '.env');
      await writeFile(real, 'A=1\n');
      await chown(real, 1000, 1001);
      await chmod(real, 0o640);
      await symlink('real', link);
      await updateEnvFile(link, (text) => `${text}B=2\n`);
      expect(await stat(real)).toMatchObject({ uid: 1000, gid: 1001, mode: 0o100640 });
      expect((await lstat(link)).isSymbolicLink()).toBe(true);
    },
  );

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
