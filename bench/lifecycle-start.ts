import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { httpCheck } from '@cutover/healthcheck';
import { waitForDatabase } from '@cutover/lifecycle';
import waitOn from 'wait-on';

const run = promisify(execFile);
const TRIALS = 9;
const PORT = 30_000 + (process.pid % 20_000);
const URL_HERE = `http://127.0.0.1:${PORT}/`;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const add = (table: Record<string, number[]>, name: string, value: number) => {
  table[name] = [...(table[name] ?? []), value];
};

const waiters: Record<string, () => Promise<unknown>> = {
  '@cutover/lifecycle': () => waitForDatabase(httpCheck(URL_HERE)),
  'wait-on': () => waitOn({ resources: [URL_HERE.replace('http:', 'http-get:')], timeout: 60_000 }),
  'sleep 2 loop': async () => {
    while (
      !(await fetch(URL_HERE).then(
        (answer) => answer.ok,
        () => false,
      ))
    )
      await pause(2_000);
  },
};

/** Milliseconds between the first answer and its detection: medians over start-ups of 0.5 to 3 s. */
export async function detectionFigures(): Promise<Record<string, string>> {
  const lags: Record<string, number[]> = {};
  for (let trial = 0; trial < TRIALS; trial++) {
    const after = 500 + (2_500 * trial) / TRIALS + Math.random() * 200;
    for (const [name, wait] of Object.entries(waiters)) add(lags, name, await lagOf(wait, after));
  }
  return Object.fromEntries(
    Object.entries(lags).map(([name, values]) => [name, `${median(values).toFixed(0)} ms`]),
  );
}

async function lagOf(wait: () => Promise<unknown>, after: number): Promise<number> {
  const server = createServer((_, response) => response.end('ok'));
  let opened = 0;
  server.once('listening', () => {
    opened = performance.now();
  });
  const timer = setTimeout(() => server.listen(PORT, '127.0.0.1'), after);
  await wait();
  const lag = performance.now() - opened;
  clearTimeout(timer);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return lag;
}

const packageFolder = (name: string) => fileURLToPath(new URL(`../packages/${name}/`, import.meta.url));

/**
 * Milliseconds that importing the built package, and a peer, adds to a bare Node; medians over rounds, measured in
 * turns, so that other load of the machine affects all.
 */
export async function importFigures(): Promise<Record<string, string>> {
  const peer = createRequire(import.meta.url).resolve('wait-on');
  const scripts: Record<string, string> = {
    bare: '',
    '@cutover/lifecycle': `import ${JSON.stringify(pathToFileURL(join(packageFolder('lifecycle'), 'dist/index.js')).href)}`,
    'wait-on': `import ${JSON.stringify(pathToFileURL(peer).href)}`,
  };
  const times: Record<string, number[]> = {};
  for (let trial = 0; trial < 15; trial++) {
    for (const [name, script] of Object.entries(scripts)) {
      const began = performance.now();
      await run(process.execPath, ['--input-type=module', '-e', script]);
      add(times, name, performance.now() - began);
    }
  }
  const bare = median(times.bare ?? []);
  const added = (name: string) => {
    const rounds = (times[name] ?? []).map((time, round) => time - (times.bare?.[round] ?? 0));
    return `${median(rounds).toFixed(1)} ms`;
  };
  return {
    'bare node': `${bare.toFixed(0)} ms`,
    '@cutover/lifecycle adds': added('@cutover/lifecycle'),
    'wait-on adds': added('wait-on'),
  };
}

/** Kilobytes on disk, with all that each depends on. */
export function sizeFigures(): Record<string, string> {
  const peer = dirname(dirname(createRequire(import.meta.url).resolve('wait-on')));
  return {
    '@cutover/lifecycle': sizeOf(packageFolder('lifecycle')),
    'wait-on': sizeOf(peer),
  };
}

function sizeOf(folder: string): string {
  const folders = [...installed(realpathSync(folder))];
  // Only the build of a workspace package is published.
  const published = folders.map((one) => (one.includes('node_modules') ? one : join(one, 'dist')));
  const du = execFileSync('du', ['-skc', '--exclude=node_modules', ...published], { encoding: 'utf8' });
  const [kilobytes] = du.trim().split('\n').at(-1)?.split('\t') ?? [];
  return `${kilobytes} kB in ${folders.length} packages`;
}

/** The folder of a package and of all that it depends on, found as Node finds them. */
function installed(folder: string, found = new Set<string>()): Set<string> {
  if (found.has(folder)) return found;
  found.add(folder);
  const manifest = join(folder, 'package.json');
  const { dependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8'));
  for (const name of Object.keys(dependencies)) {
    const places = createRequire(manifest).resolve.paths(name) ?? [];
    const place = places.map((one) => join(one, name)).find((one) => existsSync(one));
    if (!place) throw new Error(`${name}, which ${manifest} depends on, is not installed`);
    installed(realpathSync(place), found);
  }
  return found;
}
