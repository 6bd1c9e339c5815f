import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { answers } from './detect.ts';
import { clearFirewall, rememberFirewall } from './firewall.ts';
import { launch } from './launch.ts';
import { clearLeftovers, clearStrays, rememberStrays } from './leftovers.ts';
import { lowerBridges, raiseBridge } from './network.ts';
import * as paths from './paths.ts';
import { engineProcesses, foreignDaemonRuns, send, until } from './processes.ts';
import { settle, settled } from './settings.ts';
import { type Scene, step } from './step.ts';
import { kitEnvironment, provideEngineKit } from './tools.ts';

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
    await favourContainers(paths.cgroupName);
    await launch(inside, ['dockerd', '--config-file', paths.daemonFile], paths.privateHost, paths.logFile);
  });
}

/**
 * All containers together would get as much of a busy machine as one process outside them: health checks would call
 * them dead. Under systemd, and for version 2 of control groups, that is already settled by slices.
 */
export async function favourContainers(name: string): Promise<void> {
  const group = `/sys/fs/cgroup/cpu/${name}`;
  if (!existsSync('/sys/fs/cgroup/cpu/cpu.shares')) return;
  await mkdir(group, { recursive: true });
  await writeFile(`${group}/cpu.shares`, '8192');
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
  const bridges = network ? await lowerBridges(inside, network) : [];
  if (network) await clearFirewall(inside, [...bridges, ` ${network.prefix}.`], !(await foreignDaemonRuns()));
  await rm(paths.runFolder, { recursive: true, force: true });
  return true;
}

/** Removes the engine for good, with all it ever put on this machine. */
export async function removeEngine(scene: Scene): Promise<void> {
  await stopEngine(scene);
  if (!(await foreignDaemonRuns())) await clearStrays();
  await rm(paths.stateFolder, { recursive: true, force: true });
}
