import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';

/** Counts the signals it gets, and takes 300 ms to drain after the first. */
const APP = `
  let signals = 0;
  process.on('SIGHUP', () => console.log('reloaded'));
  process.on('SIGTERM', () => {
    console.log('signal ' + ++signals);
    if (signals === 1) setTimeout(() => { console.log('drained'); process.exit(0); }, 300);
  });
  setInterval(() => {}, 1000);
  console.log('serving as ' + process.pid);
`;

/** A launcher that nobody knows, and that ends at once on a signal without a word to what it has started. */
const LAUNCHER = `
  require('node:child_process').spawn(process.execPath, ['app.cjs'], { stdio: 'inherit' });
  process.on('SIGTERM', () => process.exit(0));
`;

/** Ends by itself as soon as what it has started is up. */
const LEAVER = `
  const app = require('node:child_process').spawn(process.execPath, ['app.cjs'], { stdio: ['ignore', 'pipe', 'inherit'] });
  app.stdout.once('data', () => process.exit(0));
`;

const FILES = {
  'package.json': JSON.stringify({
    name: 'wrapped',
    private: true,
    scripts: { start: 'node app.cjs', both: 'true && node app.cjs' },
  }),
  'app.cjs': APP,
  'launcher.cjs': LAUNCHER,
  'leaver.cjs': LEAVER,
  'stubborn.cjs': `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('serving as ' + process.pid);`,
  'reader.cjs': `process.stdin.on('data', (text) => process.stdout.write(String(text).replace(/^(?=.)/gm, 'read: ')));`,
  'start.sh': '#!/bin/sh\ntrue\nnode app.cjs\ntrue\n',
};

/** A folder with {@link FILES}, in which tsx is installed; gone when the test ends. */
export async function wrappedProject(): Promise<string> {
  // Within the repository, which a container sees at the same path.
  const home = resolve(import.meta.dirname, '../../.cutover');
  await mkdir(home, { recursive: true });
  const folder = await mkdtemp(join(home, 'wrapped-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(folder, name), text);
  await chmod(join(folder, 'start.sh'), 0o755);
  await mkdir(join(folder, 'node_modules/.bin'), { recursive: true });
  const tsx = dirname(createRequire(import.meta.url).resolve('tsx/package.json'));
  await symlink(tsx, join(folder, 'node_modules/tsx'));
  await symlink('../tsx/dist/cli.mjs', join(folder, 'node_modules/.bin/tsx'));
  return folder;
}

/** What finds yarn and pnpm. */
export const wrapperPath = `${resolve(import.meta.dirname, '../../node_modules/.bin')}:${process.env.PATH}`;
