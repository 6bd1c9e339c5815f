import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { answers } from './detect.ts';
import { clearNetwork, type NetworkPlan, planNetwork, raiseBridge, rememberFirewall } from './network.ts';
import * as paths from './paths.ts';
import { engineProcesses, foreignDaemonRuns, send, until } from './processes.ts';
import { EngineError, type Scene, shell, step } from './step.ts';
import { kitEnvironment, provideEngineKit } from './tools.ts';

const startTimeout = 60_000;
const stopTimeout = 30_000;

/** Starts the private engine unless it answers; what an earlier one left when it was killed is cleared away first. */
export async function startEngine(scene: Scene): Promise<void> {
  if (await answers(paths.privateHost)) return;
  await provideEngineKit(scene);
  await step(scene, 'Started a private Docker engine', async () => {
    const inside = { ...scene, env: await kitEnvironment('engine') };
    await clearLeftovers(inside);
    await mkdir(paths.runFolder, { recursive: true, mode: 0o711 });
    const network = await settle(inside);
    await rememberStrays();
    await rememberFirewall(inside);
    await raiseBridge(inside, network);
    await launch(inside);
  });
}

/** Ends the private engine, its containers and its networks. Images and volumes stay. Tells whether there was anything. */
export async function stopEngine(scene: Scene): Promise<boolean> {
  const running = await engineProcesses();
  if (!running.length && !existsSync(paths.runFolder)) return false;
  send(
    'SIGTERM',
    running.filter(({ name }) => name === 'dockerd'),
  );
  await until(async () => !(await engineProcesses()).some(({ name }) => name === 'dockerd'), stopTimeout);
  const inside = { ...scene, env: await kitEnvironment('engine') };
  await clearLeftovers(inside);
  const network = await settled();
  if (network) await clearNetwork(inside, network, !(await foreignDaemonRuns()));
  await rm(paths.runFolder, { recursive: true, force: true });
  return true;
}

/** Removes the engine for good, with all it ever put on this machine. */
export async function removeEngine(scene: Scene): Promise<void> {
  await stopEngine(scene);
  const absent = JSON.parse(await readFile(paths.absentFile, 'utf8').catch(() => '[]')) as string[];
  if (!(await foreignDaemonRuns()))
    for (const path of absent) await rm(path, { recursive: true, force: true });
  await rm(paths.stateFolder, { recursive: true, force: true });
}

// The daemon and the shims write here whatever they are told; what was absent before the first start is ours to remove.
async function rememberStrays(): Promise<void> {
  const strays = ['/etc/docker', '/etc/docker/key.json', '/run/docker', '/run/containerd'];
  const absent = strays.filter((path) => !existsSync(path));
  await writeFile(paths.absentFile, JSON.stringify(absent), { flag: 'wx' }).catch(() => undefined);
}

async function launch(scene: Scene): Promise<void> {
  const log = await open(paths.logFile, 'w');
  const daemon = spawn('dockerd', ['--config-file', paths.daemonFile], {
    env: { ...process.env, ...scene.env },
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
  });
  let ended: string | undefined;
  daemon.once('error', (error) => (ended = error.message));
  daemon.once('exit', (code, signal) => (ended = `exit ${code ?? signal}`));
  daemon.unref();
  await log.close();
  const ready = await until(
    async () => ended !== undefined || answers(paths.privateHost),
    startTimeout,
    scene.signal,
  );
  if (ready && ended === undefined) return;
  const tail = (await readFile(paths.logFile, 'utf8')).trim().split('\n').slice(-8).join('\n  ');
  throw new EngineError(
    `dockerd did not start: ${ended ?? 'no answer in 60 s'}; ${paths.logFile} ends with\n  ${tail}`,
  );
}

// The plan is made once: networks that exist keep their addresses over restarts.
async function settle(scene: Scene): Promise<NetworkPlan> {
  const known = await settled();
  if (known) return known;
  const network = await planNetwork(scene);
  await writeFile(`${paths.daemonFile}.new`, JSON.stringify(daemonSettings(network), undefined, 2));
  await rename(`${paths.daemonFile}.new`, paths.daemonFile);
  return network;
}

async function settled(): Promise<NetworkPlan | undefined> {
  const text = await readFile(paths.daemonFile, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { mtu, 'default-address-pools': pools } = JSON.parse(text) as ReturnType<typeof daemonSettings>;
  return { mtu, prefix: pools[0]?.base.split('.').slice(0, 2).join('.') ?? '' };
}

function daemonSettings({ prefix, mtu }: NetworkPlan) {
  return {
    hosts: [paths.privateHost],
    'data-root': paths.dataRoot,
    'exec-root': `${paths.runFolder}/exec`,
    pidfile: `${paths.runFolder}/docker.pid`,
    bridge: paths.bridgeName,
    mtu,
    // 512 networks of 62 addresses: test suites make dozens at a time.
    'default-address-pools': [{ base: `${prefix}.128.0/17`, size: 26 }],
    // A control group of our own tells whose a process is, even when every supervisor was killed.
    'cgroup-parent': `/${paths.cgroupName}`,
    'exec-opts': ['native.cgroupdriver=cgroupfs'],
    'log-driver': 'json-file',
    'log-opts': { 'max-size': '10m', 'max-file': '2' },
  };
}

// Pid files and sockets of killed daemons would be taken for live ones; containers without a supervisor hold ports.
async function clearLeftovers(scene: Scene): Promise<void> {
  const gone = async () => !(await engineProcesses()).length;
  send('SIGKILL', await engineProcesses());
  if (!(await until(gone, 5000)))
    throw new EngineError('Cannot end what a killed Docker engine left running');
  const mounts = (await readFile('/proc/self/mounts', 'utf8'))
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  const roots = [paths.runFolder, paths.dataRoot];
  const ours = mounts.filter((path) => roots.some((root) => path === root || path.startsWith(`${root}/`)));
  for (const path of ours.reverse()) await shell(scene)('umount', ['--lazy', path]);
  await rm(`${paths.runFolder}/exec`, { recursive: true, force: true });
  for (const file of [`${paths.runFolder}/docker.pid`, paths.socketFile]) await rm(file, { force: true });
  await clearControlGroups();
}

async function clearControlGroups(): Promise<void> {
  const root = '/sys/fs/cgroup';
  for (const controller of ['', ...(await readdir(root).catch(() => []))]) {
    const group = `${root}/${controller}/${paths.cgroupName}`;
    const children = await readdir(group, { withFileTypes: true }).catch(() => []);
    const folders = children.filter((child) => child.isDirectory()).map(({ name }) => `${group}/${name}`);
    for (const folder of [...folders, group]) await rmdir(folder).catch(() => undefined);
  }
}
