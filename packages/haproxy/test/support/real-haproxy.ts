import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startContainer, type TestContainer } from '@cutover/testing';
import { readVersion, isAtLeast as versionIsAtLeast } from '../../src/commands/info.ts';
import { createRuntimeClient, type Release, type RuntimeClient } from '../../src/index.ts';

/** Where a container finds a server of this machine. */
export const HOST = 'host.docker.internal';
/** The folder as HAProxy names it. */
export const SHARED = '/shared';
/** What the tests run on: what Debian has, or what `CUTOVER_HAPROXY` names (`3.2,3.4`) and the engine has. */
export const VERSIONS = (process.env.CUTOVER_HAPROXY ?? '2.6,3.0').split(',');

export const isAtLeast = (version: string, wanted: Release): boolean => {
  const read = readVersion(version);
  return read !== undefined && versionIsAtLeast(read, wanted);
};

export interface RealHaproxyOptions {
  readonly version: string;
  /** Its files are in {@link SHARED}; the frontend is on port 8080, unless `hostPort` is given. */
  readonly config: string;
  readonly files?: Readonly<Record<string, string>>;
  /**
   * The frontend's port on this machine's own network. For heavy loads: a published port goes through Docker's proxy,
   * which spends six file descriptors a connection, and stops listening for good when it has none left.
   */
  readonly hostPort?: number | undefined;
}

/** A real HAProxy in a container, its sockets and files in a folder that both sides see. */
export interface RealHaproxy extends AsyncDisposable {
  readonly container: TestContainer;
  readonly folder: string;
  /** Admin socket of the worker. */
  readonly socket: string;
  /** Socket of the master process. */
  readonly master: string;
  /** Of the frontend; another port after a restart. */
  url(): string;
  client(): RuntimeClient;
  /** Begun, not awaited: the new worker may still be on its way. */
  reload(): Promise<void>;
  restart(): Promise<void>;
  /** Until its socket answers. */
  ready(): Promise<void>;
}

export async function startRealHaproxy(options: RealHaproxyOptions): Promise<RealHaproxy> {
  const { version, config, files = {}, hostPort } = options;
  const folder = await mkdtemp(join(tmpdir(), 'cutover-haproxy-'));
  await chmod(folder, 0o777);
  for (const [file, text] of Object.entries({ ...files, 'haproxy.cfg': config }))
    await writeFile(join(folder, file), text, { mode: 0o666 });
  const onHost = hostPort !== undefined;
  const container = await startContainer({
    image: `haproxy:${version}`,
    command: ['haproxy', '-W', '-db', '-S', `${SHARED}/master.sock,mode,666`, '-f', `${SHARED}/haproxy.cfg`],
    ...(onHost ? { network: 'host' } : { ports: [8080] }),
    host: { Binds: [`${folder}:${SHARED}`], ...(onHost ? {} : { ExtraHosts: [`${HOST}:host-gateway`] }) },
  });
  const real = handle(container, folder, hostPort);
  await real.ready().catch(async (cause: unknown) => {
    const logs = await container.logs();
    await real[Symbol.asyncDispose]();
    throw new Error(`HAProxy ${version} did not start: ${logs}`, { cause });
  });
  return real;
}

function handle(container: TestContainer, folder: string, hostPort: number | undefined): RealHaproxy {
  const socket = join(folder, 'admin.sock');
  const client = () => createRuntimeClient({ address: socket });
  const ready = async () => {
    for (const end = Date.now() + 20_000; ; ) {
      await using probe = client();
      const found = await probe.showInfo().catch((error: unknown) => error);
      if (!(found instanceof Error)) return;
      if (Date.now() > end) throw found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return {
    container,
    folder,
    socket,
    master: join(folder, 'master.sock'),
    url: () => `http://127.0.0.1:${hostPort ?? container.address(8080).port}`,
    client,
    ready,
    reload: () => container.kill('SIGUSR2'),
    restart: async () => {
      await container.stop();
      await container.start();
      await ready();
    },
    [Symbol.asyncDispose]: async () => {
      await container[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
