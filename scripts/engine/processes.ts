import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { cgroupName, runFolder, stateFolder } from './paths.ts';

// The daemon's command line names the first, those of its helpers the second.
const privateFolders = [stateFolder, runFolder];

/** A process of the private engine: the daemon, its helpers, or something inside a container. */
export interface EngineProcess {
  readonly pid: number;
  readonly name: string;
}

/** Finds them, of the private engine or of another, by what they are rather than by pid files, which survive a kill -9 and then name strangers. */
export async function engineProcesses(
  folders: readonly string[] = privateFolders,
  group = cgroupName,
): Promise<EngineProcess[]> {
  const ownGroups = await read('self', 'cgroup');
  const isOurs = async ({ pid, name, command }: Entry): Promise<boolean> => {
    if (servers.test(name) && folders.some((folder) => command.includes(`${folder}/`))) return true;
    const groups = await read(pid, 'cgroup');
    // On a machine that is itself a container of such an engine, our own group is not one that we made.
    return groups.includes(`/${group}/`) && groups !== ownGroups;
  };
  const all = await list();
  const ours = await Promise.all(all.map(isOurs));
  return all.filter((_, index) => ours[index]);
}

/** Whether a Docker daemon runs that is not ours. */
export async function foreignDaemonRuns(): Promise<boolean> {
  const ours = new Set((await engineProcesses()).map(({ pid }) => pid));
  return (await list()).some(({ pid, name }) => name === 'dockerd' && !ours.has(pid));
}

interface Entry extends EngineProcess {
  readonly command: string;
}

// What has ended but was not awaited by its parent has no command line any more.
async function list(): Promise<Entry[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry)).map(Number);
  const commands = await Promise.all(pids.map((pid) => read(pid, 'cmdline')));
  return pids
    .map((pid, index) => ({ pid, command: commands[index] ?? '' }))
    .filter(({ command }) => command !== '')
    .map(({ pid, command }) => ({ pid, command, name: command.split('\0')[0]?.split('/').at(-1) ?? '' }));
}

const servers = /^(dockerd|containerd|containerd-shim.*|runc)$/;

const read = (pid: number | 'self', file: string): Promise<string> =>
  readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');

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
