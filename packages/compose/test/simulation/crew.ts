import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';
import { type NodeVersion, nodeBinary } from '../../../../scripts/packed/toolchain.ts';
import { nodeVersions } from '../../../../scripts/packed/versions.ts';
import type { Assignment, Task, Word } from './worker.ts';

// Where what stays outside the bundle can be resolved, and nothing looks that is under version control.
const cache = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url));

/** Shares a task among processes; `onProgress` hears how many plans are through. */
export async function inWorkers<Result>(
  task: Task,
  jobs: number,
  onProgress: (plans: number) => void = () => {},
): Promise<Result[]> {
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'simulation-'));
  try {
    const worker = await bundle(folder);
    const done = new Map<number, number>();
    const parts = Array.from({ length: jobs }, (_, one) =>
      startWorker<Result>(worker, { task, one, of: jobs }, (plans) => {
        done.set(one, plans);
        onProgress([...done.values()].reduce((a, b) => a + b));
      }),
    );
    return await Promise.all(parts);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One file without hooks for TypeScript and names, which cost a quarter of the time. */
async function bundle(folder: string): Promise<string> {
  await build({
    config: false,
    silent: true,
    entry: [fileURLToPath(new URL('./worker.ts', import.meta.url))],
    outDir: folder,
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    external: ['dockerode', 'execa'],
    noExternal: [/^@cutover\//],
    outExtension: () => ({ js: '.mjs' }),
    esbuildOptions: (options) => {
      options.conditions = ['@cutover/source'];
    },
  });
  return join(folder, 'worker.mjs');
}

function startWorker<Result>(
  worker: string,
  assignment: Assignment,
  onProgress: (plans: number) => void,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    // Errors are made by the thousand and looked at by nobody; a failing plan is replayed with their stacks.
    const execArgv = ['--stack-trace-limit=0', '--max-semi-space-size=64'];
    const child = fork(worker, [JSON.stringify(assignment)], { execArgv, execPath: fastestNode() });
    child.on('message', (word: Word<Result>) => {
      if ('result' in word) resolve(word.result);
      else onProgress(word.plans);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`a simulating process ended with ${code}`)));
  });
}

/** The newest Node of the packed tests, where they have installed it: it simulates half as fast again as the oldest. */
function fastestNode(): string {
  const newest = nodeBinary(nodeVersions.at(-1) as NodeVersion);
  return existsSync(newest) ? newest : process.execPath;
}
