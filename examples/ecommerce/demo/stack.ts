import { randomBytes } from 'node:crypto';
import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRuntimeClient } from '@cutover/haproxy';
import { bounded, systemClock } from '@cutover/internal';
import { freePorts } from '@cutover/testing';
import { execa } from 'execa';
import { setUp } from '../operations/setup.ts';

const EXAMPLE = join(import.meta.dirname, '..');

/** A copy of the stack with a name, ports, credentials and volumes of its own. */
export interface Stack {
  readonly project: string;
  readonly directory: string;
  readonly url: string;
  /** The name of the shop's image of that version, for this stack alone. */
  image(version: string): string;
  /** Runs `docker compose` in it. */
  compose(args: readonly string[], signal?: AbortSignal): Promise<string>;
  /** Brings it up, until it is healthy and HAProxy's own checks say so too. */
  start(signal?: AbortSignal): Promise<void>;
  /** One value from its database. */
  query(sql: string): Promise<string>;
  /** Removes everything of it: containers, networks, volumes, images, Cutover's journal and the folder. */
  remove(): Promise<void>;
  /** The commands that do it, for a shell. */
  readonly removal: string;
}

/** Makes the copy, set up for `version`; starts nothing. `more` goes into its `.env`. */
export async function createStack(
  version: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Stack> {
  const project = `ecomweb-${randomBytes(3).toString('hex')}`;
  const directory = await mkdtemp(join(tmpdir(), `${project}-`));
  await cp(join(EXAMPLE, 'compose.yaml'), join(directory, 'compose.yaml'));
  await cp(join(EXAMPLE, 'haproxy/haproxy.cfg'), join(directory, 'haproxy/haproxy.cfg'));
  const [httpPort, statsPort] = (await freePorts(2)) as [number, number];
  const image = `${project}-api`;
  const removal = removalOf(project, directory);
  await setUp({ directory, version, image, projectName: project, httpPort, statsPort, more });
  const compose = async (args: readonly string[], signal?: AbortSignal) => {
    const cancel = signal ? { cancelSignal: signal } : {};
    return (await execa('docker', ['compose', ...args], { cwd: directory, ...cancel })).stdout;
  };
  return {
    project,
    directory,
    url: `http://127.0.0.1:${httpPort}`,
    image: (tag) => `${image}:${tag}`,
    compose,
    start: async (signal) => {
      await compose(['up', '--detach', '--wait', '--wait-timeout', '120'], signal);
      await untilChecked(join(directory, 'run/haproxy/admin.sock'), signal);
    },
    query: (sql) => compose(['exec', '-T', 'ecomweb_postgres', 'sh', '-c', PSQL, 'psql', sql]),
    remove: async () => void (await execa('sh', ['-ec', removal])),
    removal,
  };
}

/**
 * A single answer proves less: a server whose name was just resolved takes requests before its first check, then
 * stops.
 */
async function untilChecked(address: string, signal: AbortSignal | undefined): Promise<void> {
  await using client = createRuntimeClient({ address });
  await bounded({ timeout: 30_000, signal }, async (inner) => {
    const isUp = async () =>
      (await client.showStat({ proxy: 'ecomweb_api_blue', type: 'server' })).every(
        ({ status }) => status.text === 'UP',
      );
    while (!(await isUp())) await systemClock.sleep(200, inner);
  });
}

/** For a shell of the user's own, which knows nothing of a private engine. */
function removalOf(project: string, directory: string): string {
  const labelled = (list: string, remove: string, label: string) =>
    `docker ${list} --quiet --filter label=${label}=${project} | sort -u | xargs -r docker ${remove} --force`;
  const engine = ['DOCKER_HOST', 'DOCKER_CONFIG'].filter((name) => process.env[name]);
  return [
    ...engine.map((name) => `export ${name}='${process.env[name]}'`),
    `docker compose --project-directory '${directory}' --profile '*' down --volumes --remove-orphans --timeout 10`,
    labelled('volume ls', 'volume rm', 'dev.cutover.project'),
    labelled('image ls', 'image rm', 'dev.cutover.stack'),
    `rm -r '${directory}'`,
  ].join('\n');
}

// The password is in the container's environment and stays there.
const PSQL = 'PGPASSWORD=$POSTGRES_PASSWORD exec psql -h 127.0.0.1 -U ecomweb -d ecomweb -At -c "$1"';
