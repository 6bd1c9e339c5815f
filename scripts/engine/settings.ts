import { readFile, rename, writeFile } from 'node:fs/promises';
import { type NetworkPlan, planNetwork } from './network.ts';
import * as paths from './paths.ts';
import type { Scene } from './step.ts';

/** Writes the daemon's settings. That is done once: networks that exist keep their addresses over restarts. */
export async function settle(scene: Scene): Promise<NetworkPlan> {
  const known = await settled();
  if (known) return known;
  const network = await planNetwork(scene);
  await writeFile(`${paths.daemonFile}.new`, JSON.stringify(daemonSettings(network), undefined, 2));
  await rename(`${paths.daemonFile}.new`, paths.daemonFile);
  return network;
}

/** What was settled, if anything. */
export async function settled(): Promise<NetworkPlan | undefined> {
  const text = await readFile(paths.daemonFile, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { mtu, 'default-address-pools': pools } = JSON.parse(text) as ReturnType<typeof daemonSettings>;
  return { mtu, prefix: pools[0]?.base.split('.').slice(0, 2).join('.') ?? '' };
}

export function daemonSettings({ prefix, mtu }: NetworkPlan) {
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
