import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { setUp } from '../operations/setup.ts';

const EXAMPLE = join(import.meta.dirname, '..');

/** A copy of the stack with a name, ports, credentials and volumes of its own. */
export interface Stack {
  readonly project: string;
  readonly directory: string;
  readonly url: string;
  /** Runs `docker compose` in it. */
  compose(args: readonly string[], signal?: AbortSignal): Promise<string>;
  /** One value from its database. */
  query(sql: string): Promise<string>;
  /** Containers, networks, volumes and the folder: everything of it goes. */
  remove(): Promise<void>;
  /** The command that does the same by hand. */
  readonly removal: string;
}

/** Makes the copy; starts nothing. */
export async function createStack(
  image: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Stack> {
  const project = `ecomweb-${randomBytes(3).toString('hex')}`;
  const directory = await mkdtemp(join(tmpdir(), `${project}-`));
  await cp(join(EXAMPLE, 'compose.yaml'), join(directory, 'compose.yaml'));
  await cp(join(EXAMPLE, 'haproxy/haproxy.cfg'), join(directory, 'haproxy/haproxy.cfg'));
  const [httpPort, statsPort] = await freePorts();
  await setUp({ directory, image, projectName: project, httpPort, statsPort, more });
  const compose = async (args: readonly string[], signal?: AbortSignal) => {
    const cancel = signal ? { cancelSignal: signal } : {};
    return (await execa('docker', ['compose', ...args], { cwd: directory, ...cancel })).stdout;
  };
  return {
    project,
    directory,
    url: `http://127.0.0.1:${httpPort}`,
    compose,
    query: (sql) => compose(['exec', '-T', 'ecomweb_postgres', 'sh', '-c', PSQL, 'psql', sql]),
    remove: async () => {
      await compose(['--profile', '*', 'down', '--volumes', '--remove-orphans']);
      await rm(directory, { recursive: true, force: true });
    },
    removal: `docker compose --project-directory ${directory} --profile '*' down --volumes`,
  };
}

// The password is in the container's environment and stays there.
const PSQL = 'PGPASSWORD=$POSTGRES_PASSWORD exec psql -h 127.0.0.1 -U ecomweb -d ecomweb -At -c "$1"';

/** Two ports that nobody listens on at this moment. */
async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports as [number, number];
}
