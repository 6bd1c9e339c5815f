import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { ensureToolchain } from './packed/toolchain.ts';

const simulate = ['tsx', '--conditions=@cutover/source', 'packages/compose/test/simulation/cli.ts'];

/** Everything that must hold, in the order of what fails fastest; ends with one line that counts. */
const checks: readonly (readonly [name: string, ...command: string[]])[] = [
  ['format and lint', 'biome', 'check', '--error-on-warnings'],
  ['types', 'tsc', '-p', 'tsconfig.json'],
  ['build', 'pnpm', 'build'],
  ['API pages', 'typedoc', '--logLevel', 'Warn'],
  ['simulation: every fault and pair of crashes at every boundary', ...simulate, '--exhaustive'],
  ['simulation: random mixes of faults', ...simulate, '--seeds', '20000'],
  ['simulation: every planted bug is caught', ...simulate, '--bugs'],
];
const projects = ['packed', 'unit', 'integration'];

interface Count {
  passed: number;
  failed: number;
}

// The simulator runs on the newest of them; without it, more slowly on this one.
await ensureToolchain().catch((error) => console.error(error));

const counts: Count[] = [];
for (const [name, ...command] of checks) counts.push(await run(name, command));
for (const project of projects) counts.push(await runVitest(project));

const total = counts.reduce((a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed }));
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;

async function run(name: string, [program, ...args]: readonly string[]): Promise<Count> {
  console.log(`\n— ${name}`);
  const { exitCode } = await execa(program as string, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    preferLocal: true,
    reject: false,
  });
  return exitCode === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

async function runVitest(project: string): Promise<Count> {
  const folder = await mkdtemp(join(tmpdir(), 'cutover-report-'));
  const report = join(folder, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  try {
    const whole = await run(`${project} tests`, ['vitest', 'run', '--project', project, ...reporters]);
    const { numPassedTests: passed, numFailedTests: failed } = JSON.parse(await readFile(report, 'utf8'));
    // A file that cannot be loaded fails the run without a failed test; no test at all is a failure too.
    return { passed, failed: whole.failed > 0 || passed === 0 ? Math.max(1, failed) : failed };
  } catch (error) {
    console.error(`no report of the ${project} tests: ${error}`);
    return { passed: 0, failed: 1 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
