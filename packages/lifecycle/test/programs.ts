import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, onTestFinished, vi } from 'vitest';

// A program takes its time to start where many do; nothing here waits for time to pass.
vi.setConfig({ testTimeout: 60_000 });

const packageFolder = resolve(import.meta.dirname, '..');

/**
 * The package as one file that any Node runs, in a container or under PM2 as well. Within the package's folder, so
 * that it finds the drivers by name.
 */
export const bundle = resolve(packageFolder, `.cutover/lifecycle-${process.pid}.mjs`);

await build({
  entryPoints: [resolve(packageFolder, 'src/index.ts')],
  outfile: bundle,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  conditions: ['@cutover/source'],
  external: ['pg', 'ioredis', 'mysql2', 'mysql2/promise'],
});
afterAll(() => rm(bundle, { force: true }));

export interface Program {
  readonly process: ChildProcess;
  /** Everything it has printed so far, on both streams. */
  output(): string;
  /** Resolves once it has printed `text`. */
  prints(text: string): Promise<void>;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

interface ProgramOptions {
  env?: Record<string, string>;
  stdio?: 'pipe' | 'ipc';
}

/** Runs a module in a Node of its own; it may `import(process.env.LIFECYCLE)`. It is killed when the test ends. */
export function runProgram(code: string, { env = {}, stdio = 'pipe' }: ProgramOptions = {}): Program {
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    env: { ...process.env, LIFECYCLE: bundle, ...env },
    stdio: ['ignore', 'pipe', 'pipe', ...(stdio === 'ipc' ? (['ipc'] as const) : [])],
    cwd: packageFolder,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  const watchers = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      output += chunk;
      for (const watcher of watchers) watcher();
    });
  }
  // Not 'close', which does not come after a disconnect.
  const streams = [child.stdout, child.stderr].map((stream) => stream && once(stream, 'end'));
  const ended = Promise.all([once(child, 'exit'), ...streams]).then(([[code, signal]]) => ({ code, signal }));
  const prints = (text: string) =>
    new Promise<void>((found, missed) => {
      const watcher = () => {
        if (!output.includes(text)) return;
        watchers.delete(watcher);
        found();
      };
      watchers.add(watcher);
      watcher();
      void ended.then(() => missed(new Error(`it ended without printing ${text}:\n${output}`)));
    });
  return { process: child, output: () => output, prints, ended };
}
