import { execFile } from 'node:child_process';
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
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { replaceFile, replaceFileSync } from '../src/index.ts';

const run = promisify(execFile);
const source = new URL('../src/replace-file.ts', import.meta.url).pathname;
const NOBODY = 65_534;
const large = 'x'.repeat(1_000_000);

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cutover-replace-'));
  file = join(folder, 'live.map');
});
afterEach(() => rm(folder, { recursive: true }));

/** Replaces the file in a process of its own: the code of its error, or `done`. */
async function replaceElsewhere(content: string, limits: { shell?: string; uid?: number }): Promise<string> {
  const program = join(folder, 'program.mjs');
  await build({
    stdin: {
      contents: `
        import { replaceFile } from ${JSON.stringify(source)};
        await replaceFile(${JSON.stringify(file)}, ${JSON.stringify(content)}, 0o600)
          .then(() => console.log('done'), ({ code }) => console.log(code));`,
      resolveDir: folder,
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: program,
  });
  const command = `${limits.shell ?? 'true'}; exec "${process.execPath}" "${program}"`;
  const { stdout } = await run('sh', ['-c', command], limits.uid === undefined ? {} : { uid: limits.uid });
  await rm(program);
  return stdout.trim();
}

describe('replaceFile', () => {
  it('makes a new file with the mode that is asked for, and leaves nothing beside it', async () => {
    await replaceFile(file, 'new', 0o640);
    expect(await readFile(file, 'utf8')).toBe('new');
    expect((await stat(file)).mode & 0o777).toBe(0o640);
    expect(await readdir(folder)).toEqual(['live.map']);
  });

  it('keeps the mode of a file that was there', async () => {
    await writeFile(file, 'old');
    await chmod(file, 0o604);
    await replaceFile(file, 'new', 0o640);
    expect((await stat(file)).mode & 0o777).toBe(0o604);
  });

  it('replaces what a symbolic link names, and keeps the link', async () => {
    const link = join(folder, 'link.map');
    await writeFile(file, 'old');
    await symlink('live.map', link);
    await replaceFile(link, 'new', 0o600);
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(await readFile(file, 'utf8')).toBe('new');
  });

  it('shows a reader all of the old content or all of the new', async () => {
    await writeFile(file, large);
    let over = false;
    const lengths = new Set<number>();
    const reading = (async () => {
      while (!over) lengths.add((await readFile(file)).length);
    })();
    for (let round = 0; round < 10; round++) await replaceFile(file, large.repeat(1 + (round % 2)), 0o600);
    over = true;
    await reading;
    expect([...lengths].every((length) => length % large.length === 0)).toBe(true);
  });

  it('leaves the old content when there is no room for the new', async () => {
    await writeFile(file, 'old');
    expect(await replaceElsewhere(large, { shell: 'ulimit -f 8' })).toBe('EFBIG');
    expect(await readFile(file, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['live.map']);
  });

  describe.skipIf(process.getuid?.() !== 0)('as root and as another user', () => {
    it('keeps owner and group', async () => {
      await writeFile(file, 'old');
      await chown(file, 1234, 2345);
      await replaceFile(file, 'new', 0o600);
      expect(await stat(file)).toMatchObject({ uid: 1234, gid: 2345 });
    });

    it.each([
      { mode: 0o644, says: 'done', content: 'new' },
      { mode: 0o640, says: 'EPERM', content: 'old' },
    ])('says $says where the owner cannot be kept and the mode is $mode', async ({ mode, says, content }) => {
      await chmod(folder, 0o777);
      await writeFile(file, 'old');
      await chmod(file, mode);
      expect(await replaceElsewhere('new', { uid: NOBODY })).toBe(says);
      expect(await readFile(file, 'utf8')).toBe(content);
      expect(await readdir(folder)).toEqual(['live.map']);
    });
  });
});

describe('replaceFileSync', () => {
  it('replaces a file, and leaves nothing beside it', async () => {
    replaceFileSync(file, 'old');
    replaceFileSync(file, 'new');
    expect(await readFile(file, 'utf8')).toBe('new');
    expect(await readdir(folder)).toEqual(['live.map']);
  });

  it('throws what the file system says of a folder that is not there', () => {
    expect(() => replaceFileSync(join(folder, 'none', 'file'), 'new')).toThrow('ENOENT');
  });
});
