import { existsSync } from 'node:fs';
import { readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import * as paths from './paths.ts';
import { engineProcesses, send, until } from './processes.ts';
import { EngineError, type Scene, shell } from './step.ts';

/**
 * Clears away what a killed engine left: pid files and sockets would be taken for live ones, and containers without a
 * supervisor hold their ports.
 */
export async function clearLeftovers(scene: Scene): Promise<void> {
  const gone = async () => !(await engineProcesses()).length;
  send('SIGKILL', await engineProcesses());
  if (!(await until(gone, 5000)))
    throw new EngineError('Cannot end what a killed Docker engine left running');
  await unmountBelow(scene, [paths.runFolder, paths.stateFolder]);
  await rm(`${paths.runFolder}/exec`, { recursive: true, force: true });
  for (const file of [`${paths.runFolder}/docker.pid`, paths.socketFile]) await rm(file, { force: true });
  await clearControlGroups(paths.cgroupName);
}

export async function unmountBelow(scene: Scene, roots: readonly string[]): Promise<void> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8'))
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  const ours = mounts.filter((path) => roots.some((root) => path === root || path.startsWith(`${root}/`)));
  for (const path of ours.reverse()) await shell(scene)('umount', ['--lazy', path]);
}

export async function clearControlGroups(name: string): Promise<void> {
  const root = '/sys/fs/cgroup';
  for (const controller of ['', ...(await readdir(root).catch(() => []))]) {
    const group = `${root}/${controller}/${name}`;
    const children = await readdir(group, { withFileTypes: true }).catch(() => []);
    const folders = children.filter((child) => child.isDirectory()).map(({ name }) => `${group}/${name}`);
    for (const folder of [...folders, group]) await rmdir(folder).catch(() => undefined);
  }
}

/** The daemon and its shims write here whatever they are told; what is absent before the first start is ours. */
export async function rememberStrays(): Promise<void> {
  const strays = ['/etc/docker', '/etc/docker/key.json', '/run/docker', '/run/containerd'];
  const absent = strays.filter((path) => !existsSync(path));
  await writeFile(paths.absentFile, JSON.stringify(absent), { flag: 'wx' }).catch(() => undefined);
}

export async function clearStrays(): Promise<void> {
  const absent = JSON.parse(await readFile(paths.absentFile, 'utf8').catch(() => '[]')) as string[];
  for (const path of absent) await rm(path, { recursive: true, force: true });
}
