import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { denyNames } from './deny-names.ts';
import { favourContainers } from './dockerd.ts';
import { launch } from './launch.ts';
import { clearControlGroups, unmountBelow } from './leftovers.ts';
import { enterRoom, planNetwork, type Room, removeRoom } from './network.ts';
import { engineProcesses, send, until } from './processes.ts';
import { EngineError, type Scene, shell } from './step.ts';
import { kitEnvironment, provideEngineKit } from './tools.ts';

/** An engine of one's own whose daemon can be ended and started again while its containers live (`live-restore`). */
export interface RestartableEngine extends AsyncDisposable {
  /** For DOCKER_HOST. */
  readonly host: string;
  /** The control group above those of its containers. */
  readonly group: string;
  /** Ends the daemon; the containers go on. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Starts it again; resolves when it answers. */
  start(): Promise<void>;
}

const timeout = 60_000;

/**
 * Starts one beside the engine in use, with images, state and firewall of its own: it is in a network namespace, which
 * this machine reaches by a route. Only as root on Debian. All of it goes when it is disposed.
 */
export async function startRestartableEngine(scene: Scene): Promise<RestartableEngine> {
  await provideEngineKit(scene);
  const inside = { ...scene, env: { ...scene.env, ...(await kitEnvironment('engine')) } };
  const folder = await mkdtemp(join(tmpdir(), 'cutover-restart-'));
  const network = await planNetwork(inside);
  const place: Place = {
    scene: inside,
    folder,
    group: basename(folder),
    room: { name: roomName(folder), ...network },
    close: [],
  };
  const host = `unix://${folder}/docker.sock`;
  const engine: RestartableEngine = {
    host,
    group: place.group,
    stop: (signal) => end(place, signal),
    start: () =>
      launch(
        inside,
        [
          'nsenter',
          `--net=/run/netns/${place.room.name}`,
          'dockerd',
          '--config-file',
          `${folder}/daemon.json`,
        ],
        host,
        `${folder}/log`,
      ),
    [Symbol.asyncDispose]: () => remove(place),
  };
  try {
    await writeFile(`${folder}/daemon.json`, JSON.stringify(settings(place, host)));
    await favourContainers(place.group);
    await enterRoom(inside, place.room);
    place.close.push(await denyNames(`${place.room.prefix}.0.1`));
    await engine.start();
    return engine;
  } catch (error) {
    await remove(place);
    throw error;
  }
}

interface Place {
  readonly scene: Scene;
  readonly folder: string;
  readonly group: string;
  readonly room: Room;
  /** What else ends with it. */
  readonly close: (() => void)[];
}

/** A link's name has 15 characters at most. */
const roomName = (folder: string): string => `cr${folder.slice(-6)}`;

const settings = ({ folder, group, room: { prefix, mtu } }: Place, host: string) => ({
  'live-restore': true,
  hosts: [host],
  'data-root': `${folder}/data`,
  'exec-root': `${folder}/exec`,
  pidfile: `${folder}/docker.pid`,
  bip: `${prefix}.1.1/24`,
  mtu,
  dns: [`${prefix}.0.1`],
  'default-address-pools': [{ base: `${prefix}.128.0/17`, size: 26 }],
  'cgroup-parent': `/${group}`,
  'exec-opts': ['native.cgroupdriver=cgroupfs'],
});

const processesOf = ({ folder, group }: Place) => engineProcesses([folder], group);

/** Until they are reaped as well: dockerd takes a containerd that is a zombie for one that runs, and waits for it. */
async function end(place: Place, signal: NodeJS.Signals): Promise<void> {
  const daemons = (await processesOf(place)).filter(({ name }) => /^(dockerd|containerd)$/.test(name));
  const gone = async () => !daemons.some(({ pid }) => existsSync(`/proc/${pid}`));
  send(
    signal,
    daemons.filter(({ name }) => name === 'dockerd'),
  );
  if (await until(gone, timeout)) return;
  throw new EngineError(`dockerd did not end within ${timeout / 1000} s of ${signal}`);
}

async function remove(place: Place): Promise<void> {
  const { scene, folder, group, room, close } = place;
  for (const one of close) one();
  const gone = async () => (await processesOf(place)).length === 0;
  for (let attempt = 0; attempt < 5 && !(await gone()); attempt++) {
    send('SIGKILL', await processesOf(place));
    await until(gone, 2_000);
  }
  await removeRoom(scene, room);
  await unmountBelow(scene, [folder]);
  await clearControlGroups(group);
  await rm(folder, { recursive: true, force: true });
}

/** Copies images from the engine of the scene. */
export async function copyImages(scene: Scene, names: readonly string[], host: string): Promise<void> {
  const copy = 'target=$1; shift; docker save "$@" | DOCKER_HOST=$target docker load';
  await shell(scene)('sh', ['-c', copy, 'copy', host, ...names]);
}
