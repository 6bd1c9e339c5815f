import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { cgroupName, runFolder, stateFolder } from './paths.ts';

// The daemon's command line names the first, those of its helpers the second.
const folders = [stateFolder, runFolder];

/** A process of the private engine: the daemon, its helpers, or something inside a container. */
export interface EngineProcess {
  readonly pid: number;
  readonly name: string;
}

/** Finds them by what they are rather than by pid files, which survive a kill -9 and then name strangers. */
export async function engineProcesses(): Promise<EngineProcess[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry)).map(Number);
  const ownGroups = await read('self', 'cgroup');
  const all = await Promise.all(pids.map((pid) => inspect(pid, ownGroups)));
  return all.filter((each) => each !== undefined) as EngineProcess[];
}

async function inspect(pid: number, ownGroups: string): Promise<EngineProcess | undefined> {
  const [command, groups] = await Promise.all([read(pid, 'cmdline'), read(pid, 'cgroup')]);
  const name = command.split('\0')[0]?.split('/').at(-1);
  if (!name) return undefined;
  const serves = servers.test(name) && folders.some((folder) => command.includes(`${folder}/`));
  // On a machine that is itself a container of such an engine, our own group is not one that we made.
  const contained = groups.includes(`/${cgroupName}/`) && groups !== ownGroups;
  return serves || contained ? { pid, name } : undefined;
}

const servers = /^(dockerd|containerd|containerd-shim.*|runc)$/;

const read = (pid: number | 'self', file: string): Promise<string> =>
  readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');

/** Whether a Docker daemon runs that is not ours. */
export async function foreignDaemonRuns(): Promise<boolean> {
  const ours = new Set((await engineProcesses()).map(({ pid }) => pid));
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry) && !ours.has(Number(entry)));
  const names = await Promise.all(pids.map((pid) => read(Number(pid), 'comm')));
  return names.some((name) => name.trim() === 'dockerd');
}

export function send(signal: NodeJS.Signals, processes: readonly EngineProcess[]): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended in the meantime, which is what is wanted.
    }
  }
}

/** Polls until something holds or the time (milliseconds) is over. */
export async function until(
  holds: () => Promise<boolean>,
  timeout: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const deadline = performance.now() + timeout;
  while (!(await holds())) {
    if (performance.now() > deadline) return false;
    await sleep(100, undefined, signal && { signal });
  }
  return true;
}
