import { join, resolve } from 'node:path';
import { messageOf, option, readOptions } from '@cutover/internal';
import type Docker from 'dockerode';
import { DeployError } from '../domain/errors.ts';
import { engineLedger } from '../ledger/engine-ledger.ts';
import type { Engine } from '../ports/index.ts';
import {
  assertComposeV2,
  type ComposeConfig,
  type ComposeFiles,
  composeCommands,
  composeReason,
  runCompose,
} from './compose.ts';
import { awaitExit, listContainers, removeContainer, stopContainer, tailContainer } from './containers.ts';
import { connectDocker } from './docker.ts';
import { readVariable, updateEnvFile, withVariables } from './env-file.ts';
import { type ComposeModel, fingerprintsOf } from './fingerprint.ts';
import { resolveImage } from './images.ts';
import { assertDeployable } from './preflight.ts';

export interface ComposeProjectOptions {
  /** Folder of the Compose file; relative paths of `files` and `envFile` start here. Default: the working directory. */
  directory?: string;
  /** Compose files. Default: what Compose finds there. */
  files?: readonly string[];
  /** The env file in which images are pinned. Default `.env`, the one that a bare `docker compose` reads. */
  envFile?: string;
  /** Default: what Compose calls it. */
  projectName?: string;
}

/**
 * A Docker Compose project as the engine of a deployment: Compose v2 creates containers, the Engine API does the
 * rest. The engine is the one that `docker` talks to (DOCKER_HOST or the current context).
 *
 * @throws DeployError `invalid-options`
 */
export function composeProject(options: ComposeProjectOptions = {}): Engine {
  const { directory, files, envFile, projectName } = readOptions(
    options,
    {
      directory: option.text,
      files: option.list(option.text),
      envFile: option.text,
      projectName: option.text,
    },
    { directory: '.', files: [] },
    ({ name, found, wanted }) =>
      new DeployError('invalid-options', { doing: `reading composeProject option ${name}`, found, wanted }),
  );
  const where: ComposeFiles = { directory: resolve(directory), files, envFile, projectName };
  return projectEngine(where, join(where.directory, envFile ?? '.env'));
}

function projectEngine(where: ComposeFiles, envFile: string): Engine {
  const managed = new Set<string>(['COMPOSE_PROFILES']);
  const docker = lazily(connectDocker);
  const composeV2 = lazily(() => assertComposeV2(where));
  const config = lazily((): Promise<ComposeConfig> => readModel(where, { managed }));
  const project = async () => (await config()).name;
  const withDocker =
    <A extends unknown[], R>(act: (docker: Docker, ...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> =>
      act(await docker(), ...args);

  return {
    project,
    ledger: () => engineLedger({ docker, project }),
    preflight: async (request) => {
      for (const name of request.settings) managed.add(name);
      await assertReachable(await docker());
      // Read while the version is checked; where Compose is missing, that is the error to report.
      const read = config();
      read.catch(() => {});
      await composeV2();
      assertDeployable(await read, request);
    },
    configuration: async () => {
      // Images count by themselves: here all are one, whatever the env file says.
      const variables = Object.fromEntries([...managed].map((name) => [name, 'image']));
      return fingerprintsOf(await readModel(where, { managed, variables }), where.directory);
    },
    resolve: withDocker(resolveImage),
    observe: async (services) => listContainers(await docker(), await project(), services),
    pin: (images) => updateEnvFile(envFile, (text) => withVariables(text, images)),
    prefer: async (live, idle) => {
      const { services } = await config();
      const on = services[live]?.profiles ?? [];
      const off = idle.flatMap((service) => services[service]?.profiles ?? []);
      if (on.length > 0 || off.length > 0)
        await updateEnvFile(envFile, (text) => withProfiles(text, on, off));
    },
    up: async (service, replicas, signal) => {
      await runCompose(where, composeCommands.up(service, replicas), { managed, signal });
    },
    stop: withDocker(stopContainer),
    awaitExit: withDocker(awaitExit),
    remove: withDocker(removeContainer),
    tail: withDocker(tailContainer),
  };
}

async function readModel(
  where: ComposeFiles,
  settings: Parameters<typeof runCompose>[2],
): Promise<ComposeConfig & ComposeModel> {
  try {
    return JSON.parse(await runCompose(where, composeCommands.config, settings));
  } catch (error) {
    throw new DeployError(
      'compose-invalid',
      {
        doing: `reading the Compose project in ${where.directory}`,
        found: composeReason(error),
        fix: 'run `docker compose config` there and fix what it reports',
      },
      { cause: error },
    );
  }
}

async function assertReachable(docker: Docker): Promise<void> {
  try {
    await docker.ping();
  } catch (error) {
    throw new DeployError(
      'engine-unreachable',
      {
        doing: 'reaching the container engine',
        found: messageOf(error),
        wanted: 'an engine that answers at DOCKER_HOST or in the current docker context',
        fix: 'start it, or point DOCKER_HOST at it; `docker version` shows the same',
      },
      { cause: error },
    );
  }
}

/** COMPOSE_PROFILES with `on` in it and `off` out of it; a profile of ours that both have stays on. */
function withProfiles(text: string, on: readonly string[], off: readonly string[]): string {
  const before = (readVariable(text, 'COMPOSE_PROFILES') ?? '').split(',').filter(Boolean);
  const after = new Set([...before.filter((profile) => !off.includes(profile)), ...on]);
  return withVariables(text, { COMPOSE_PROFILES: [...after].join(',') });
}

/** One attempt that all callers share; a failed one is not kept. */
function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
