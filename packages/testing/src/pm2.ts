import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isAlive } from '@cutover/internal';

const run = promisify(execFile);

/** An app as PM2's ecosystem files describe it; `code` is written to a file that becomes its script. */
export interface Pm2App {
  name: string;
  code: string;
  [setting: string]: unknown;
}

/** A real PM2 for one test, in its own folder; disposing it removes the daemon and all apps. */
export interface TestPm2 extends AsyncDisposable {
  readonly home: string;
  /** The daemon's process id. */
  readonly pid: number;
  /** Starts apps; resolves when PM2 says so, which is not when they are ready. */
  start(...apps: readonly Pm2App[]): Promise<void>;
  /** Runs PM2's own command; resolves to what it prints. */
  cli(...args: readonly string[]): Promise<string>;
}

/** Starts a PM2 daemon and, under it, `apps`. */
export async function startPm2(...apps: readonly Pm2App[]): Promise<TestPm2> {
  const home = await mkdtemp(join(tmpdir(), 'cutover-pm2-'));
  const program = createRequire(import.meta.url).resolve('pm2/bin/pm2');
  const env = { PATH: process.env.PATH, HOME: home, PM2_HOME: home, PM2_DISABLE_VERSION_CHECK: 'true' };
  const cli = async (...args: readonly string[]) => {
    const { stdout } = await run(process.execPath, [program, ...args], { env, maxBuffer: 64 * 2 ** 20 });
    return stdout;
  };
  const start = async (...more: readonly Pm2App[]) => {
    for (const app of more) await cli('start', await writeEcosystem(home, app), '--silent');
  };
  const dispose = async () => {
    const pid = await pidIn(home);
    await cli('kill', '--silent').catch(() => {});
    if (pid > 1 && isAlive(pid)) process.kill(pid, 'SIGKILL');
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await cli('ping', '--silent');
    await start(...apps);
    return { home, pid: await pidIn(home), start, cli, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function writeEcosystem(home: string, { code, ...app }: Pm2App): Promise<string> {
  const script = join(home, `${app.name}.cjs`);
  const ecosystem = join(home, `${app.name}.json`);
  await writeFile(script, code);
  await writeFile(ecosystem, JSON.stringify({ apps: [{ script, ...app }] }));
  return ecosystem;
}

const pidIn = async (home: string): Promise<number> =>
  Number(await readFile(join(home, 'pm2.pid'), 'utf8').catch(() => '0'));
