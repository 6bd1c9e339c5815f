import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { uniqueName } from '@cutover/internal/testing';
import { createRuntimeClient, type RuntimeClient } from '../../src/index.ts';

const run = promisify(execFile);
const docker = async (...args: readonly string[]): Promise<string> =>
  (await run('docker', [...args])).stdout.trim();

/** A real HAProxy in a container, its sockets and files in a folder that both sides see. */
export interface RealHaproxy extends AsyncDisposable {
  readonly folder: string;
  /** Admin socket of the worker. */
  readonly socket: string;
  /** Socket of the master process. */
  readonly master: string;
  /** Of the frontend; another port after a restart. */
  readonly url: string;
  currentUrl(): Promise<string>;
  client(): RuntimeClient;
  docker(verb: 'kill' | 'restart' | 'start' | 'exec' | 'logs', ...args: readonly string[]): Promise<string>;
  reload(): Promise<void>;
  /** Until its socket answers. */
  ready(): Promise<void>;
}

/** Where a container finds a server of this process. */
export const HOST = 'host.docker.internal';
/** The folder as HAProxy names it. */
export const SHARED = '/shared';

/** Starts `haproxy:<version>` with a configuration whose files are in {@link SHARED}; the frontend is on port 8080. */
export async function startRealHaproxy(
  version: string,
  config: string,
  files: Readonly<Record<string, string>> = {},
): Promise<RealHaproxy> {
  const folder = await mkdtemp(join(tmpdir(), 'cutover-haproxy-'));
  await chmod(folder, 0o777);
  for (const [name, text] of Object.entries({ ...files, 'haproxy.cfg': config }))
    await writeFile(join(folder, name), text, { mode: 0o666 });
  const name = uniqueName('haproxy');
  const stop = async () => {
    await docker('rm', '--force', name).catch(() => {});
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await docker(
      ...[
        'run',
        '--detach',
        '--name',
        name,
        '--label',
        `dev.cutover.test=${process.env.CUTOVER_TEST_RUN ?? 'none'}`,
      ],
      ...['--user', '0', '--add-host', `${HOST}:host-gateway`],
      ...['--volume', `${folder}:${SHARED}`, '--publish', '127.0.0.1::8080', `haproxy:${version}`],
      ...['haproxy', '-W', '-db', '-S', `${SHARED}/master.sock,mode,666`, '-f', `${SHARED}/haproxy.cfg`],
    );
    return await connected({ name, folder, stop });
  } catch (error) {
    const logs = await run('docker', ['logs', name]).then(({ stdout, stderr }) => stdout + stderr, String);
    await stop();
    throw new Error(`HAProxy ${version} did not start: ${logs}`, { cause: error });
  }
}

async function connected({
  name,
  folder,
  stop,
}: {
  name: string;
  folder: string;
  stop: () => Promise<void>;
}): Promise<RealHaproxy> {
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
  await ready();
  const currentUrl = async () => {
    const port = (await docker('port', name, '8080')).split('\n')[0]?.split(':').pop();
    return `http://127.0.0.1:${port}`;
  };
  return {
    folder,
    socket,
    master: join(folder, 'master.sock'),
    url: await currentUrl(),
    currentUrl,
    client,
    ready,
    docker: (verb, ...args) => docker(verb, ...(verb === 'exec' ? [name, ...args] : [...args, name])),
    reload: async () => {
      await docker('kill', '--signal', 'USR2', name);
    },
    [Symbol.asyncDispose]: stop,
  };
}
