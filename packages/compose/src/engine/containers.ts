import { randomBytes } from 'node:crypto';
import { bounded, systemClock } from '@cutover/internal';
import type Docker from 'dockerode';
import type { Container, Health } from '../domain/container.ts';
import type { Exit } from '../ports/index.ts';
import { addressesOf } from './addresses.ts';
import { tolerating } from './docker.ts';
import { keptIdIn } from './kept.ts';
import { LIMITS } from './limits.ts';
import { untilTaken } from './lost.ts';

// The engine kills at the end of the grace; this is what it may need beyond that.
const STOP_MARGIN = 15_000;
/** Milliseconds between two looks for the end of a container. */
const EXIT_INTERVAL = 200;

/** The containers of a Compose project, one-off runs left out. */
export async function listContainers(
  docker: Docker,
  project: string,
  services?: readonly string[],
): Promise<readonly Container[]> {
  const all = await docker.listContainers({
    all: true,
    filters: { label: [`com.docker.compose.project=${project}`, 'com.docker.compose.oneoff=False'] },
  });
  const listed = all.filter(
    ({ Labels }) => !services || services.includes(Labels['com.docker.compose.service'] ?? ''),
  );
  const [read, names] = await Promise.all([
    Promise.all(listed.map((one) => detailsOf(docker, one))),
    imageNames(docker, new Set(listed.map(({ ImageID }) => ImageID))),
  ]);
  return read.flatMap((details) =>
    details ? [{ ...toContainer(details), imageName: names.get(details.Image) ?? details.Config.Image }] : [],
  );
}

/** The latest details of each container, by engine and id. */
const latestDetails = new WeakMap<Docker, Map<string, Docker.ContainerInspectInfo>>();

/**
 * While the engine restarts a container it lists it at once, but answers `inspect` only when it has restarted it, up
 * to a second later. Until then the previous details are taken, with the state `restarting`.
 */
async function detailsOf(
  docker: Docker,
  { Id, State }: Docker.ContainerInfo,
): Promise<Docker.ContainerInspectInfo | undefined> {
  const details = latestDetails.get(docker) ?? new Map<string, Docker.ContainerInspectInfo>();
  latestDetails.set(docker, details);
  const before = details.get(Id);
  if (State === 'restarting' && before)
    return { ...before, State: { ...before.State, Running: true, Restarting: true } };
  const now = await tolerating([404], () => docker.getContainer(Id).inspect());
  if (now) details.set(Id, now);
  else details.delete(Id);
  return now;
}

/** Names of images by engine and id: a deployment looks several times a second, and they are for people only. */
const known = new WeakMap<Docker, Map<string, string>>();

/** A pinned reference says nothing to people; the first tag of the image does. */
async function imageNames(docker: Docker, ids: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  const names = known.get(docker) ?? new Map<string, string>();
  known.set(docker, names);
  await Promise.all(
    [...ids].map(async (id) => {
      if (names.has(id)) return;
      const image = await tolerating([404], () => docker.getImage(id).inspect());
      const [tag] = image?.RepoTags ?? [];
      if (tag !== undefined) names.set(id, tag);
    }),
  );
  return names;
}

function toContainer({
  Id,
  Name,
  Image,
  Config,
  State,
  RestartCount,
  NetworkSettings,
  HostConfig,
}: Docker.ContainerInspectInfo) {
  return {
    id: Id,
    name: Name.replace(/^\//, ''),
    service: Config.Labels['com.docker.compose.service'] ?? '',
    image: Image,
    running: State.Running || State.Restarting,
    restarting: State.Restarting,
    paused: State.Paused,
    health: (State.Health?.Status ?? 'none') as Health,
    startedAt: State.StartedAt === NEVER ? '' : State.StartedAt,
    restarts: RestartCount,
    exitCode: State.ExitCode,
    stopTimeout: stopTimeoutOf(Config),
    addresses: addressesOf({ NetworkSettings, HostConfig }),
    kept: keptIdIn(Config.Labels['com.docker.compose.project.config_files']),
  };
}

/** As the engine writes a moment that has not come. */
const NEVER = '0001-01-01T00:00:00Z';

/** In milliseconds; the typings of the client leave it out. */
function stopTimeoutOf(config: object): number | undefined {
  const { StopTimeout: seconds } = config as { StopTimeout?: number };
  return seconds === undefined ? undefined : seconds * 1000;
}

/**
 * Stops a container with one SIGTERM. Its restart policy goes first: after a restart of the engine `always` would
 * bring a stopped container back, and `on-failure` one that ended by signal.
 */
export async function stopContainer(
  docker: Docker,
  { id }: Container,
  gracePeriod: number,
  confirm: () => Promise<void>,
): Promise<Exit> {
  const container = docker.getContainer(id);
  const timeout = gracePeriod + STOP_MARGIN;
  const t = Math.ceil(gracePeriod / 1000);
  await untilTaken(() => tolerating([404], () => container.update({ RestartPolicy: { Name: 'no' } })));
  return untilTaken(async () => {
    await confirm();
    return bounded({ timeout }, async (abortSignal) => {
      // 304: it has stopped already.
      await tolerating([304, 404], () => container.stop({ t, abortSignal }));
      return exitOf(container);
    });
  });
}

/**
 * Undefined when it still runs a while after `limit`. By looks, since one long request would say nothing of an engine
 * that goes away: its answer has begun already.
 */
export async function awaitExit(docker: Docker, { id }: Container, limit: number): Promise<Exit | undefined> {
  const container = docker.getContainer(id);
  const deadline = systemClock.now() + limit + STOP_MARGIN;
  while (systemClock.now() < deadline) {
    const details = await tolerating([404], () => container.inspect());
    if (!details?.State.Running) return exitIn(details);
    await systemClock.sleep(EXIT_INTERVAL);
  }
  return undefined;
}

async function exitOf(container: Docker.Container): Promise<Exit> {
  return exitIn(await tolerating([404], () => container.inspect()));
}

const exitIn = (details: Docker.ContainerInspectInfo | undefined): Exit => ({
  found: details !== undefined,
  code: details?.State.ExitCode ?? 0,
});

/** By name: only one process can rename it from the name that it has, and requests to that name are refused afterwards. */
export async function startOnce(
  docker: Docker,
  { name }: Container,
  confirm: () => Promise<void>,
): Promise<void> {
  const first = name.replace(OWN_NAME, '');
  const own = `${first}.${randomBytes(4).toString('hex')}`;
  await docker.getContainer(name).rename({ name: own });
  const container = docker.getContainer(own);
  if ((await container.inspect()).State.StartedAt !== NEVER) return;
  await confirm();
  await container.start();
  // A start that comes a second time finds nothing, also when the container has ended. Somebody may have the name by now.
  await container.rename({ name: first }).catch(() => {});
}

/** What `startOnce` adds to a name. */
const OWN_NAME = /\.[0-9a-f]{8}$/;

export async function removeContainer(docker: Docker, { id }: Container): Promise<void> {
  const container = docker.getContainer(id);
  try {
    await container.remove();
  } catch (error) {
    const { statusCode, message } = error as { statusCode?: number; message: string };
    if (statusCode === 404) return;
    // Somebody prunes the host: their removal is as good as ours, and has to be over as ours would be.
    if (statusCode !== 409 || !message.includes('already in progress')) throw error;
    await bounded({ timeout: LIMITS.remove }, (abortSignal) =>
      tolerating([404], () => container.wait({ condition: 'removed', abortSignal })),
    );
  }
}
