import { randomBytes } from 'node:crypto';
import { appendFile, cp, mkdtemp } from 'node:fs/promises';
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
  /** The label of all its images, and of nothing else on the engine. */
  readonly label: string;
  /** Where its registry is to listen on loopback. */
  readonly registryPort: number;
  /** Runs `docker compose` in it. */
  compose(args: readonly string[], signal?: AbortSignal): Promise<string>;
  /** Brings it up, until it is healthy and HAProxy's own checks say so too. */
  start(signal?: AbortSignal): Promise<void>;
  /** One value from its database. */
  query(sql: string): Promise<string>;
  /** Changes the configuration as a person does: a line at the end of `.env`, where the last one counts. */
  set(name: string, value: string): Promise<void>;
  /** Removes everything of it: containers, networks, volumes, images, Cutover's journal and the folder. */
  remove(): Promise<void>;
  /** The commands that do it, for a shell. */
  readonly removal: string;
}

export interface StackOptions {
  /** More lines for its `.env`, by name. */
  readonly more?: Readonly<Record<string, string>>;
  /** Names its images as those of a registry at {@link Stack.registryPort}. */
  readonly inRegistry?: boolean;
}

/** Makes the copy, set up for `version`; starts nothing. */
export async function createStack(
  version: string,
  { inRegistry = false, more = {} }: StackOptions = {},
): Promise<Stack> {
  const project = `ecomweb-${randomBytes(3).toString('hex')}`;
  const directory = await mkdtemp(join(tmpdir(), `${project}-`));
  await cp(join(EXAMPLE, 'compose.yaml'), join(directory, 'compose.yaml'));
  await cp(join(EXAMPLE, 'haproxy/haproxy.cfg'), join(directory, 'haproxy/haproxy.cfg'));
  const [httpPort, statsPort, registryPort] = (await freePorts(3)) as [number, number, number];
  const image = `${inRegistry ? `127.0.0.1:${registryPort}/` : ''}${project}-api`;
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
    label: `${LABEL}=${project}`,
    registryPort,
    compose,
    set: (name, value) => appendFile(join(directory, '.env'), `${name}=${value}\n`),
    start: async (signal) => {
      await compose(['up', '--detach', '--wait', '--wait-timeout', '120'], signal);
      await untilChecked(join(directory, 'run/haproxy/admin.sock'), signal);
    },
    query: (sql) => compose(['exec', '-T', 'ecomweb_postgres', 'sh', '-c', PSQL, 'psql', sql]),
    remove: async () => void (await execa('sh', ['-ec', removal])),
    removal,
  };
}

/** Containers of each service, as in compose.yaml. */
const REPLICAS = 2;

/**
 * A single answer proves less: a server whose name was just resolved takes requests before its first check, then
 * stops.
 */
async function untilChecked(address: string, signal: AbortSignal | undefined): Promise<void> {
  await using client = createRuntimeClient({ address });
  await bounded({ timeout: 30_000, signal }, async (inner) => {
    const isUp = async (proxy: string) => {
      const servers = await client.showStat({ proxy, type: 'server' });
      return servers.filter(({ status }) => status.text === 'UP').length >= REPLICAS;
    };
    for (const proxy of ['ecomweb_api_blue', 'ecomweb_web_blue'])
      while (!(await isUp(proxy))) await systemClock.sleep(200, inner);
  });
}

/** By which everything of a demo that is not in its Compose project can be found. */
const LABEL = 'dev.cutover.stack';

/** For a shell of the user's own, which knows nothing of a private engine. */
function removalOf(project: string, directory: string): string {
  const labelled = (list: string, remove: string, label: string) =>
    `docker ${list} --quiet --filter label=${label}=${project} | sort -u | xargs -r docker ${remove} --force`;
  const engine = ['DOCKER_HOST', 'DOCKER_CONFIG'].filter((name) => process.env[name]);
  return [
    ...engine.map((name) => `export ${name}='${process.env[name]}'`),
    `docker compose --project-directory '${directory}' --profile '*' down --volumes --remove-orphans --timeout 10`,
    labelled('volume ls', 'volume rm', 'dev.cutover.project'),
    labelled('container ls --all', 'container rm --volumes', LABEL),
    labelled('image ls', 'image rm', LABEL),
    `rm -r '${directory}'`,
  ].join('\n');
}

// The password is in the container's environment and stays there.
const PSQL = 'PGPASSWORD=$POSTGRES_PASSWORD exec psql -h 127.0.0.1 -U ecomweb -d ecomweb -At -c "$1"';
