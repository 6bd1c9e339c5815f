import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';

// Within the package, so that the program finds it and its drivers by name, as a user's would.
const home = resolve(import.meta.dirname, '../../.cutover');

/** Runs TypeScript as a program of its own, against our sources; ends it after 20 s. */
export async function program(code: string, ...args: readonly string[]) {
  await mkdir(home, { recursive: true });
  const folder = await mkdtemp(join(home, 'program-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'program.mts');
  await writeFile(file, code);
  const tsx = ['--conditions=@cutover/source', '--import', import.meta.resolve('tsx')];
  return new Promise<{ code: number; stdout: string; stderr: string }>((done) =>
    execFile(process.execPath, [...tsx, file, ...args], { timeout: 20_000 }, (error, stdout, stderr) =>
      done({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr }),
    ),
  );
}
