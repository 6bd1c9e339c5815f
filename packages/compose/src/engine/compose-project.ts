import { resolve } from 'node:path';
import { option, readOptions } from '@cutover/internal';
import type Docker from 'dockerode';
import { DeployError } from '../domain/errors.ts';
import { engineLedger } from '../ledger/engine-ledger.ts';
import type { Engine } from '../ports/index.ts';
import { type ComposeFiles, throwLost } from './compose.ts';
import { assertComposeV2, readConfig } from './compose-config.ts';
import { awaitExit, listContainers, removeContainer, startOnce, stopContainer } from './containers.ts';
import { assertReachable, connectDocker } from './docker.ts';
import { updateEnvFile, withProfiles, withVariables } from './env-file.ts';
import { fingerprintsOf } from './fingerprint.ts';
import { resolveImage } from './images.ts';
import { filesOfKept, imagePlaceholders, keep, keepOnly, unusable } from './kept.ts';
import { lazily } from './lazily.ts';
import { LIMITS, type Limits } from './limits.ts';
import { lastCheckOf, tailContainer } from './output.ts';
import { assertDeployable } from './preflight.ts';
import { projectFolder, projectInFolder } from './project-name.ts';
import { wasSignalled } from './signalled.ts';
import { upServices } from './up.ts';
import { warningsOf } from './warnings.ts';

export interface ComposeProjectOptions {
  /** Folder of the Compose file; relative paths of `files` and `envFile` start here. Default: the working directory. */
  directory?: string;
  /** Compose files. Default: what Compose finds there. */
  files?: readonly string[];
  /** The env file in which images are pinned. Default `.env`, the one that a bare `docker compose` reads. */
  envFile?: string;
  /** Default: what Compose calls it. */
  projectName?: string;
  /**
   * `always` asks the registry at each deployment, so that a tag that has moved there is what is deployed; a registry
   * that does not answer is then an error that changes nothing. Default `missing`: what the engine has is taken.
   */
  pull?: 'missing' | 'always';
}

/**
 * A Docker Compose project as the engine of a deployment: Compose v2 creates containers, the Engine API does the
 * rest. The engine is the one that `docker` talks to (DOCKER_HOST or the current context).
 *
 * @throws DeployError `invalid-options`
 */
export function composeProject(options: ComposeProjectOptions = {}): Engine {
  const { directory, files, envFile, projectName, pull } = readOptions(
    options,
    {
      directory: option.text,
      files: option.list(option.text),
      envFile: option.text,
      projectName: option.text,
      pull: option.oneOf('missing', 'always'),
    },
    { directory: '.', files: [], pull: 'missing' },
    ({ name, found, wanted }) =>
      new DeployError('invalid-options', { doing: `reading composeProject option ${name}`, found, wanted }),
  );
  const where: ComposeFiles = { directory: resolve(directory), files, envFile, projectName };
  return projectEngine(where, { always: pull === 'always', limits: LIMITS });
}

/** The same with limits of one's own. */
export function projectEngine(
  where: ComposeFiles,
  { always, limits }: { readonly always: boolean; readonly limits: Limits },
): Engine {
  const envFile = resolve(where.directory, where.envFile ?? '.env');
  const managed = new Set<string>(['COMPOSE_PROFILES']);
  const docker = lazily(() => connectDocker(limits));
  const composeV2 = lazily(() => assertComposeV2(where, limits));
  const config = lazily(() => readConfig(where, { managed }, limits));
  // Images count by themselves: here all that a deployment sets are one, whatever the env file says.
  const configOfAnyImage = (files = where) => {
    const variables = Object.fromEntries([...managed].map((name) => [name, 'image']));
    return readConfig(files, { managed, variables }, limits);
  };
  // For status(): a deployment starts with `preflight`, which fails if Compose cannot read the file.
  const project = async () => {
    try {
      return (await config()).name;
    } catch (error) {
      const name = where.projectName ?? (await projectInFolder(await docker(), where).catch(() => undefined));
      if (name === undefined) throw error;
      return name;
    }
  };
  const configurationIn = async (files: ComposeFiles) =>
    fingerprintsOf(await configOfAnyImage(files), where.directory);
  const keptFiles = async (id: string) =>
    filesOfKept(where, id, { ...(await readConfig(where, { managed }, limits)) });
  const kept = async (id: string) => {
    const files = await keptFiles(id);
    // One that Compose does not take, with the secrets of now, is as good as none.
    return files && configurationIn(files).catch(ignoreInvalid);
  };
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
      const facts = { config: await read, configOfAnyImage, folder: projectFolder(where), envFile };
      return warningsOf(await docker(), facts, request);
    },
    configuration: () => configurationIn(where),
    keep: async () => {
      const variables = imagePlaceholders(managed);
      const [model, written] = await Promise.all([
        readConfig(where, { managed, variables }, limits),
        readConfig(where, { managed }, limits, 'written'),
      ]);
      const id = await keep(where, envFile, { name: model.name, model: { ...model }, written });
      const configuration = await kept(id);
      if (!configuration) throw unusable(where.directory);
      return { id, configuration };
    },
    kept,
    keepOnly: async (ids) => keepOnly(where, await project(), ids),
    resolve: async (name, options) =>
      resolveImage(await docker(), name, { ...options, always, limit: limits.pull }),
    observe: async (services) => listContainers(await docker(), await project(), services),
    pin: (images) => updateEnvFile(envFile, (text) => withVariables(text, images)),
    prefer: async (live, idle) => {
      const { services } = await config();
      const profilesOf = (names: readonly string[]) =>
        names.flatMap((name) => services[name]?.profiles ?? []);
      const [on, off] = [profilesOf(live), profilesOf(idle)];
      if (on.length > 0 || off.length > 0)
        await updateEnvFile(envFile, (text) => withProfiles(text, on, off));
    },
    up: async (orders, signal) => {
      const id = orders.find((order) => order.kept)?.kept;
      const files = id === undefined ? where : await keptFiles(id);
      if (!files) throw new Error(`the configuration that was kept as ${id} cannot be read any more`);
      await upServices(files, orders, { managed }, { limit: limits.up, signal }).catch(throwLost);
    },
    create: (orders) =>
      upServices(where, orders, { managed }, { limit: limits.up, mode: '--no-start' }).catch(throwLost),
    startOnce: withDocker(startOnce),
    stop: withDocker(stopContainer),
    wasSignalled: async (container) => wasSignalled(await docker(), await project(), container),
    awaitExit: withDocker(awaitExit),
    remove: withDocker(removeContainer),
    tail: async (container, lines) => tailContainer(await docker(), container, lines, limits.ask),
    lastCheck: withDocker(lastCheckOf),
  };
}

function ignoreInvalid(error: unknown): undefined {
  if (!(error instanceof DeployError) || error.code !== 'compose-invalid') throw error;
}
