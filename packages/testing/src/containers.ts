import type Docker from 'dockerode';
import { uniqueName } from './unique-name.ts';

/** The settings of a container. */
export interface ContainerOptions {
  readonly image: string;
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Ports of the container, each published on an ephemeral port of loopback. */
  readonly ports?: readonly number[];
  /** A network of {@link startNetwork}; there the container is known by its name. */
  readonly network?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** A shell command, run every second, that checks whether the container is healthy. */
  readonly health?: string;
  /** Any other Docker setting: limits, mounts, restart policy. */
  readonly host?: Docker.HostConfig;
}

/** A real container for one test; removed with its volumes when disposed. */
export interface TestContainer extends AsyncDisposable {
  readonly id: string;
  readonly name: string;
  /** Where a published port is reached from this machine. Docker gives another one after {@link start}. */
  address(port: number): { readonly host: string; readonly port: number };
  /** All it has printed so far, both streams. */
  logs(): Promise<string>;
  /** Runs a command in it and resolves to its output; rejects when the command fails. */
  exec(...command: readonly string[]): Promise<string>;
  start(): Promise<void>;
  /** Asks it to stop, and kills it after `grace` seconds. Default: 10. */
  stop(grace?: number): Promise<void>;
  kill(signal?: string): Promise<void>;
  pause(): Promise<void>;
  unpause(): Promise<void>;
  inspect(): Promise<Docker.ContainerInspectInfo>;
}

/** The id of the run; the global teardown removes containers that a test did not remove. */
export const testLabels = (): Record<string, string> => ({
  'dev.cutover.test': process.env.CUTOVER_TEST_RUN ?? `pid-${process.pid}`,
});

/** Starts a container; does not wait until what is inside is ready. */
export async function startContainer(options: ContainerOptions): Promise<TestContainer> {
  const docker = await engine();
  const name = uniqueName(options.image.replace(/[:@].*/, '').replaceAll('/', '-'));
  const container = await docker.createContainer({ name, ...settingsOf(options) });
  try {
    return await started(container, name);
  } catch (error) {
    await remove(container);
    throw error;
  }
}

/** A network of a test's own. Dispose of it after the containers in it. */
export async function startNetwork(): Promise<{ readonly name: string } & AsyncDisposable> {
  const name = uniqueName('network');
  const network = await (await engine()).createNetwork({ Name: name, Labels: testLabels() });
  return { name, [Symbol.asyncDispose]: () => network.remove() };
}

// Loaded late: unit tests import this folder too and do not need it.
const engine = async (): Promise<Docker> => new (await import('dockerode')).default();

function settingsOf({
  image,
  command,
  env = {},
  ports = [],
  network,
  labels,
  health,
  host,
}: ContainerOptions) {
  const keys = ports.map((port) => `${port}/tcp`);
  return {
    Image: image,
    ...(command && { Cmd: [...command] }),
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Labels: { ...labels, ...testLabels() },
    ...(health && { Healthcheck: { Test: ['CMD-SHELL', health], Interval: 1e9, Retries: 1 } }),
    ExposedPorts: Object.fromEntries(keys.map((key) => [key, {}])),
    HostConfig: {
      ...host,
      ...(network && { NetworkMode: network }),
      PortBindings: Object.fromEntries(keys.map((key) => [key, [{ HostIp: '127.0.0.1', HostPort: '' }]])),
    },
  };
}

async function started(container: Docker.Container, name: string): Promise<TestContainer> {
  let published: Docker.ContainerInspectInfo['NetworkSettings']['Ports'] = {};
  const start = async () => {
    await container.start();
    published = (await container.inspect()).NetworkSettings.Ports;
  };
  await start();
  return {
    id: container.id,
    name,
    address(port) {
      const [binding] = published[`${port}/tcp`] ?? [];
      if (!binding) throw new Error(`Cannot reach port ${port} of ${name}: it is not among its "ports"`);
      return { host: binding.HostIp, port: Number(binding.HostPort) };
    },
    logs: async () => demultiplex(await container.logs({ stdout: true, stderr: true, follow: false })),
    exec: (...command) => run(container, name, command),
    start,
    stop: (grace = 10) => container.stop({ t: grace }).catch(unless(304)),
    kill: async (signal = 'SIGKILL') => void (await container.kill({ signal })),
    pause: async () => void (await container.pause()),
    unpause: async () => void (await container.unpause()),
    inspect: () => container.inspect(),
    [Symbol.asyncDispose]: () => remove(container),
  };
}

async function run(container: Docker.Container, name: string, command: readonly string[]): Promise<string> {
  const exec = await container.exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true });
  const chunks: Buffer[] = [];
  for await (const chunk of await exec.start({ hijack: true, stdin: false })) chunks.push(chunk as Buffer);
  const output = demultiplex(Buffer.concat(chunks)).trim();
  const { ExitCode } = await exec.inspect();
  if (ExitCode !== 0) throw new Error(`"${command[0]}" in ${name}: exit ${ExitCode}: ${output}`);
  return output;
}

// Removing also ends a paused container. It may already be gone, or be stopping.
const remove = (container: Docker.Container): Promise<void> =>
  container.remove({ force: true, v: true }).catch(unless(404, 409));

const unless =
  (...expected: readonly number[]) =>
  (error: { statusCode?: number }): void => {
    if (!expected.includes(error.statusCode ?? 0)) throw error;
  };

// Both streams come as one, in frames: stream, three empty bytes, length, text.
function demultiplex(frames: Buffer): string {
  const texts: string[] = [];
  for (let at = 0; at + 8 <= frames.length; ) {
    const end = at + 8 + frames.readUInt32BE(at + 4);
    texts.push(frames.toString('utf8', at + 8, end));
    at = end;
  }
  return texts.join('');
}
