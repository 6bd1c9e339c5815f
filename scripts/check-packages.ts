import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

// What is published, as a consumer gets it: the tarballs are packed and judged, not the folders.
const packages = ['healthcheck', 'lifecycle', 'haproxy', 'compose'];

let failures = 0;
for (const name of packages) {
  const problems = await check(join(import.meta.dirname, '..', 'packages', name));
  failures += problems.length;
  console.log(problems.length === 0 ? `✓ @cutover/${name}` : `✗ @cutover/${name}\n${problems.join('\n')}`);
}
process.exitCode = failures > 0 ? 1 : 0;

async function check(directory: string): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'cutover-pack-'));
  try {
    await execa('pnpm', ['pack', '--pack-destination', folder], { cwd: directory });
    const [file] = await readdir(folder);
    const tarball = join(folder, file as string);
    return [...(await lint(directory)), ...(await types(tarball)), ...(await required(directory))];
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function lint(directory: string): Promise<readonly string[]> {
  const { messages, pkg } = await publint({ pkgDir: directory, strict: true, pack: 'pnpm' });
  return messages.map((message) => `publint: ${formatMessage(message, pkg)}`);
}

async function types(tarball: string): Promise<readonly string[]> {
  const { exitCode, all } = await execa('attw', ['--profile', 'esm-only', tarball], {
    all: true,
    reject: false,
    preferLocal: true,
  });
  return exitCode === 0 ? [] : [`attw: ${all}`];
}

/** ESM only, yet loadable with require() on every Node that we support. */
async function required(directory: string): Promise<readonly string[]> {
  const { exitCode, stderr } = await execa('node', ['-e', `require('@cutover/${basename(directory)}')`], {
    cwd: directory,
    reject: false,
  });
  return exitCode === 0 ? [] : [`require(): ${stderr}`];
}
