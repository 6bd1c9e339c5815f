import type Docker from 'dockerode';
import { DeployError } from '../domain/errors.ts';
import type { ComposeConfig, ComposeService } from './compose-config.ts';

type Services = ComposeConfig['services'];

/** A service that has to run to its end before others start, and those. */
interface Repeated {
  readonly name: string;
  readonly before: readonly string[];
}

/**
 * Services that Compose starts again, to their end, each time that it starts one of `started`; whether a container of
 * theirs has ended well before makes no difference to it.
 */
export function repeatedBy(services: Services, started: readonly string[]): readonly Repeated[] {
  const needed = new Set(started);
  // A set visits what is added while it is walked.
  for (const name of needed)
    for (const other of Object.keys(dependenciesOf(services[name]))) needed.add(other);
  const waiting = (name: string) =>
    [...needed].filter(
      (other) => dependenciesOf(services[other])[name]?.condition === 'service_completed_successfully',
    );
  return [...needed]
    .map((name) => ({ name, before: waiting(name) }))
    .filter(({ before }) => before.length > 0);
}

const dependenciesOf = (service: ComposeService | undefined) => service?.depends_on ?? {};

/**
 * Compose starts the container that is there, be it of an earlier release: what migrates a database would not migrate it
 * to the new one. `ofAnyImage` is the project with other values in the settings that hold images.
 */
export function assertNotOfRelease(
  { name: project, services }: ComposeConfig,
  ofAnyImage: ComposeConfig,
  repeated: readonly Repeated[],
): void {
  const found = repeated.find(({ name }) => services[name]?.image !== ofAnyImage.services[name]?.image);
  if (!found) return;
  const { name, before } = found;
  throw new DeployError('compose-invalid', {
    doing: `checking the Compose project ${project}`,
    found: `${before.join(', ')} waits for ${name} to complete, whose image a deployment sets; Compose would run its container of an earlier release again`,
    wanted: 'what belongs to a release run once, on the image of that release',
    fix: `remove ${name} from depends_on of ${before.join(', ')}, and name it in jobs: it then runs once, on the new image`,
  });
}

/** Warnings of the others: they are run again outside of any plan, and on what they were created with. */
export async function warnOfRepeated(
  docker: Docker,
  { name: project, services }: ComposeConfig,
  repeated: readonly Repeated[],
): Promise<readonly string[]> {
  if (repeated.length === 0) return [];
  const all = await docker.listContainers({
    all: true,
    filters: { label: [`com.docker.compose.project=${project}`, 'com.docker.compose.oneoff=False'] },
  });
  return repeated.map(({ name, before }) => {
    const created = all.find(({ Labels }) => Labels['com.docker.compose.service'] === name)?.Image;
    const wanted = services[name]?.image;
    const isOutdated = created !== undefined && wanted !== undefined && created !== wanted;
    return (
      `Compose runs ${name} again each time that ${before.join(', ')} is started, also on a way back` +
      (isOutdated
        ? `, and on the image ${created} that its container was created from instead of ${wanted}: remove that with \`docker compose rm ${name}\``
        : `. To run it once, remove it from depends_on and name it in jobs`)
    );
  });
}
