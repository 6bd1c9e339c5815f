import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { startPm2 } from '@cutover/testing';
import { loadFigures } from './healthcheck-load.ts';

/**
 * The cost of checks: a PM2 check against `pm2 jlist`, a HEALTHCHECK command against a bare Node, endpoints against
 * node:http's minimal answer. Run with `tsx bench/healthcheck.ts`; about a minute, on a machine that is otherwise idle.
 * Measures the build, which is what a user runs.
 */
const packageFolder = fileURLToPath(new URL('../packages/healthcheck', import.meta.url));
// Built into a separate folder: another process may be using the package's own dist.
const build = '.cutover/bench';
const tsup = createRequire(import.meta.url).resolve('tsup/dist/cli-default.js');
execFileSync(process.execPath, [tsup, '--no-dts', '--out-dir', build], {
  cwd: packageFolder,
  stdio: 'ignore',
});
const entryOf = (name: string): string => pathToFileURL(join(packageFolder, build, `${name}.js`)).href;
const entry = entryOf('index');
const { pm2Check } = (await import(entry)) as typeof import('@cutover/healthcheck');
const folder = mkdtempSync(join(tmpdir(), 'cutover-bench-'));

const median = (values: readonly number[], share = 0.5): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ??
  Number.NaN;
const ms = (value: number): string => `${value.toFixed(1)} ms`;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

interface Cost {
  /** Milliseconds of each run. */
  readonly wall: number[];
  /** Milliseconds of processor time of all runs together. */
  cpu: number;
}

/** The cost of commands, measured in turns so that a busy machine affects all of them. */
async function inTurns<Name extends string>(
  commands: Readonly<Record<Name, readonly string[]>>,
  rounds: number,
): Promise<Record<Name, Cost>> {
  const names = Object.keys(commands) as Name[];
  const costs = {} as Record<Name, Cost>;
  for (const name of names) costs[name] = { wall: [], cpu: 0 };
  for (let round = 0; round < rounds; round++) {
    // The order changes, so that no command always follows the most expensive one.
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      const before = cpuOfChildren();
      costs[name].wall.push(await timed(() => node(commands[name])));
      costs[name].cpu += cpuOfChildren() - before;
    }
  }
  return costs;
}

/**
 * Milliseconds of processor time of all processes that have ended, in steps of 10. Source: proc_pid_stat(5), cutime
 * and cstime.
 */
function cpuOfChildren(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[13]) + Number(fields[14])) * 10;
}

const node = (args: readonly string[]): Promise<void> =>
  new Promise((resolve, reject) =>
    execFile(process.execPath, args, { env, maxBuffer: 2 ** 26 }, (error) =>
      error ? reject(error) : resolve(),
    ),
  );

/** A HEALTHCHECK command as the README has it. */
const command = (name: 'http' | 'pm2', check: string): string[] => {
  const file = join(folder, `${name}.mjs`);
  const imports = [`{ runHealthcheck } from '${entryOf('run')}'`, `{ ${name}Check } from '${entryOf(name)}'`];
  writeFileSync(file, `import ${imports.join(';\nimport ')};\nawait runHealthcheck([${check}]);`);
  return [file];
};

const idle = 'setInterval(() => {}, 1000)';
const pm2 = await startPm2({ name: 'five', code: idle, instances: 5, exec_mode: 'cluster' });
const env = { ...process.env, PM2_HOME: pm2.home, HOME: pm2.home };
const shop = createServer((_, response) => response.end('ok'));
await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
try {
  const check = pm2Check({ home: pm2.home });
  const { signal } = new AbortController();
  for (let warm = 0; warm < 100; warm++) await check.run({ signal });
  const inProcess: number[] = [];
  for (let run = 0; run < 1_000; run++) inProcess.push(await timed(() => check.run({ signal })));

  const url = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/`;
  const costs = await inTurns(
    {
      bare: ['-e', '0'],
      pm2: command('pm2', 'pm2Check()'),
      http: command('http', `httpCheck('${url}')`),
      jlist: [createRequire(join(packageFolder, 'package.json')).resolve('pm2/bin/pm2'), 'jlist'],
    },
    21,
  );
  const { bare } = costs;
  // Round by round, so that other load affects both of a pair.
  const ratio = ({ wall, cpu }: Cost) => {
    const ratios = wall.map((time, round) => time / (bare.wall[round] ?? Number.NaN));
    return `${ms(median(wall))}, ${median(ratios).toFixed(2)} x bare (of CPU ${(cpu / bare.cpu).toFixed(2)} x)`;
  };

  const ours = await loadFigures('health', entry, 4);
  const floor = await loadFigures('bare', entry, 4);
  const core = (value: number) => `${Math.round(value).toLocaleString('en')} answers per second of one core`;

  console.table({
    'pm2Check, 5 processes, in process, p50': { figure: ms(median(inProcess)), wanted: '< 3 ms' },
    'pm2Check, in process, p95': { figure: ms(median(inProcess, 0.95)), wanted: '' },
    'node -e 0, p50': { figure: ms(median(bare.wall)), wanted: 'the floor' },
    'HEALTHCHECK with pm2Check, p50': { figure: ratio(costs.pm2), wanted: '< 120 ms, < 1.5 x bare' },
    'HEALTHCHECK with httpCheck, p50': { figure: ratio(costs.http), wanted: '< 1.5 x bare' },
    'pm2 jlist, p50': { figure: ratio(costs.jlist), wanted: 'the peer' },
    'endpoint /health, 5 checks': { figure: core(ours.perCoreSecond), wanted: '> 10,000' },
    'bare node:http': { figure: core(floor.perCoreSecond), wanted: 'the floor' },
    [`check runs in ${ours.seconds} s, ${ours.answers.toLocaleString('en')} answers, ${ours.bad} bad`]: {
      figure: String(ours.runs),
      wanted: `<= ${5 * (ours.seconds + 2)}`,
    },
  });
} finally {
  shop.close();
  await pm2[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
}
