import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { answers } from './detect.ts';
import { until } from './processes.ts';
import { EngineError, type Scene } from './step.ts';

const timeout = 60_000;

/** Starts a daemon that outlives this process; resolves when it answers at `host`. */
export async function launch(
  scene: Scene,
  [program = '', ...args]: readonly string[],
  host: string,
  logFile: string,
): Promise<void> {
  const log = await open(logFile, 'w');
  const daemon = spawn(program, args, {
    env: { ...process.env, ...scene.env },
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
  });
  let ended: string | undefined;
  daemon.once('error', (error) => (ended = error.message));
  daemon.once('exit', (code, signal) => (ended = `exit ${code ?? signal}`));
  daemon.unref();
  await log.close();
  const ready = await until(async () => ended !== undefined || answers(host), timeout, scene.signal);
  if (ready && ended === undefined) return;
  const tail = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-8).join('\n  ');
  throw new EngineError(
    `dockerd did not start: ${ended ?? 'no answer in 60 s'}; ${logFile} ends with\n  ${tail}`,
  );
}
