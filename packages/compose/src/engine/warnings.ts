import type Docker from 'dockerode';
import type { DeployRequest } from '../ports/index.ts';
import type { ComposeConfig } from './compose-config.ts';
import { warnOfOtherFolders } from './other-folders.ts';
import { assertNotOfRelease, repeatedBy, warnOfRepeated } from './repeated.ts';

/** What a deployment knows of its project. */
export interface ProjectFacts {
  readonly config: ComposeConfig;
  /** The same with another value in the settings that hold images. */
  readonly configOfAnyImage: () => Promise<ComposeConfig>;
  readonly folder: string;
  readonly envFile: string;
}

/**
 * What the engine has that a person should know before a deployment.
 *
 * @throws DeployError `compose-invalid` where Compose would run a service of an earlier release again
 */
export async function warningsOf(
  docker: Docker,
  { config, configOfAnyImage, folder, envFile }: ProjectFacts,
  { services, settings, slots }: DeployRequest,
): Promise<readonly string[]> {
  const repeated = repeatedBy(config.services, services);
  if (repeated.length > 0) assertNotOfRelease(config, await configOfAnyImage(), repeated);
  const profiles = Object.values(slots)
    .flat()
    .flatMap((name) => config.services[name]?.profiles ?? []);
  return [
    ...(await warnOfOtherFolders(docker, { project: config.name, folder, envFile, settings, profiles })),
    ...(await warnOfRepeated(docker, config, repeated)),
  ];
}
