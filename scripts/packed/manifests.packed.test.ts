import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { describe, expect, inject, it } from 'vitest';
import { entriesOf } from './entries.ts';
import { packages } from './paths.ts';
import { runOn } from './programs.ts';
import { nodeVersions } from './versions.ts';

const { folder, tarballs } = inject('consumer');

describe.each(packages)('@cutover/%s as it is published', (name) => {
  const tarball = tarballs[name] as string;

  it('has nothing that publint warns of', async () => {
    const { messages, pkg } = await publint({
      strict: true,
      pack: { tarball: new Uint8Array(await readFile(tarball)).buffer },
    });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it('has declarations that every module resolution finds', async () => {
    const command = ['--profile', 'esm-only', tarball];
    const { exitCode, all } = await execa('attw', command, { all: true, reject: false, preferLocal: true });
    expect(exitCode, all).toBe(0);
  });
});

// ES modules only, yet loadable with require() on every Node that we support.
const loads = {
  import: (entries: readonly string[]) => entries.map((entry) => `await import('${entry}');`),
  require: (entries: readonly string[]) => entries.map((entry) => `require('${entry}');`),
};

describe.each(nodeVersions)('every entry, without a driver installed, on Node %s', (version) => {
  it.each(['import', 'require'] as const)('loads by %s, silently', async (how) => {
    const type = how === 'import' ? 'module' : 'commonjs';
    const code = loads[how](await entriesOf(folder)).join('\n');
    const { exitCode, all } = await runOn(version, folder, `--input-type=${type}`, '--eval', code);
    expect({ exitCode, all }).toEqual({ exitCode: 0, all: '' });
  });
});

// A start-up file pays 5 to 15 ms for each of these: loaded when first needed, or not at all. (node:fs brings fs/promises.)
const heavy = ['crypto', 'http', 'http2', 'net', 'tls', 'stream', 'worker_threads', 'child_process'];

describe('@cutover/lifecycle in a start-up file', () => {
  it('loads none of the large modules of Node', async () => {
    const program = `
      import { writeSync } from 'node:fs';
      const loaded = () => process.moduleLoadList.map((one) => one.replace('NativeModule ', ''));
      const before = loaded();
      await import('@cutover/lifecycle');
      writeSync(1, loaded().filter((one) => !before.includes(one)).join());`;
    const { all } = await runOn(nodeVersions[0], folder, '--input-type=module', '--eval', program);
    expect(
      String(all)
        .split(',')
        .filter((one) => heavy.includes(one)),
    ).toEqual([]);
  });
});
