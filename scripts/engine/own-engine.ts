import { mkdir, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import type { ImageName } from './catalog.ts';
import { favourContainers } from './dockerd.ts';
import { ensureEngine } from './ensure.ts';
import { launch } from './launch.ts';
import { exclusively } from './lock.ts';
import { planNetwork } from './network.ts';
import { clearPlace, forward, freePlace, type Place } from './own-place.ts';
import { daemonSettings, settled } from './settings.ts';
import type { Scene } from './step.ts';
import { kitEnvironment, provideEngineKit } from './tools.ts';

/** An engine beside the one that all share. Disposed of, it is gone with all that it had. */
export interface OwnEngine extends AsyncDisposable {
  /** What must be set for `docker`, `docker compose` and dockerode to reach it. */
  readonly env: Readonly<Record<string, string>>;
}

export interface OwnEngineOptions {
  /** Copied from the shared engine. */
  readonly images: readonly ImageName[];
  /** Further settings of the daemon, as in `daemon.json`. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/**
 * Starts an engine of one's own, for a test that prunes everything or restarts the daemon. It writes no firewall rules,
 * which two daemons would fight over: published ports are reached on loopback, and there is no way out of a container.
 * Only where an engine can be provided: on Debian, as root.
 *
 * @throws EngineError
 */
export async function startOwnEngine({ images, settings = {} }: OwnEngineOptions): Promise<OwnEngine> {
  const shared = await ensureEngine({ images });
  const bare: Scene = { env: {}, log: () => {}, signal: new AbortController().signal };
  return exclusively(bare, async () => {
    await provideEngineKit(bare);
    const scene = { ...bare, env: await kitEnvironment('engine') };
    const place = await freePlace(scene);
    try {
      await start(scene, place, settings);
      const env = { ...shared.env, DOCKER_HOST: place.host };
      const save = execa('docker', ['save', ...images], { env: shared.env, buffer: false });
      await save.pipe('docker', ['load'], { env });
      return { env, [Symbol.asyncDispose]: () => exclusively(bare, () => clearPlace(scene, place)) };
    } catch (error) {
      await clearPlace(scene, place);
      throw error;
    }
  });
}

async function start(scene: Scene, place: Place, settings: object): Promise<void> {
  const { state, run, host, group } = place;
  const network = (await settled()) ?? (await planNetwork(scene));
  const base = `${network.prefix}.${place.number}.0/24`;
  const own = {
    hosts: [host],
    'data-root': `${state}/data`,
    'exec-root': `${run}/exec`,
    pidfile: `${run}/docker.pid`,
    bridge: 'none',
    iptables: false,
    'ip-forward': false,
    'default-address-pools': [{ base, size: 28 }],
    'cgroup-parent': `/${group}`,
    'shutdown-timeout': 1,
  };
  await mkdir(state, { recursive: true });
  await mkdir(run, { recursive: true, mode: 0o711 });
  const daemonFile = `${state}/daemon.json`;
  await writeFile(daemonFile, JSON.stringify({ ...daemonSettings(network), ...own, ...settings }));
  await forward(scene, '-I', base);
  await favourContainers(group);
  await launch(scene, ['dockerd', '--config-file', daemonFile], host, `${state}/dockerd.log`);
}
