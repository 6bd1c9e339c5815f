import { dirname, resolve } from 'node:path';
import { DeployError } from '../domain/errors.ts';
import { DEFAULT_GRACE_PERIOD } from '../domain/policy.ts';
import type { DeployRequest } from '../ports/index.ts';
import type { ComposeConfig } from './compose-config.ts';
import { replicasOf } from './replicas.ts';

/** The Compose file has what the options name, in a shape that can be deployed. */
export function assertDeployable(config: ComposeConfig, request: DeployRequest): void {
  const doing = `checking the Compose project ${config.name}`;
  assertServices(config, doing, request.services);
  for (const name of request.single) assertOne(config, doing, name);
  for (const name of request.jobs) assertJob(config, doing, name, request.slots);
  for (const name of request.services) assertNameless(config, doing, name);
  for (const [name, grace] of Object.entries(request.graces)) assertGrace(config, doing, name, grace);
  for (const [slot, services] of Object.entries(request.slots))
    assertNotNeeded(config, doing, slot, services);
  for (const file of request.files) assertFolderMounted(config, doing, resolve(file));
  if (new Set(request.settings).size === request.settings.length) return;
  throw new DeployError('invalid-options', {
    doing,
    found: `two services share an image variable (${request.settings.join(', ')})`,
    wanted:
      'a variable of its own for each service, or a bare `docker compose up` would change one with the other',
  });
}

function assertServices({ services }: ComposeConfig, doing: string, wanted: readonly string[]): void {
  const known = Object.keys(services);
  const missing = wanted.find((name) => !known.includes(name));
  if (missing === undefined) return;
  throw new DeployError('service-missing', {
    doing,
    found: `no service ${missing}; it has ${known.join(', ')}`,
    wanted: `every service that is deployed: ${wanted.join(', ')}`,
    fix: 'correct the name in the options or add the service to the Compose file',
  });
}

function assertOne({ services }: ComposeConfig, doing: string, name: string): void {
  const replicas = replicasOf(services[name] ?? {});
  if (replicas === 1) return;
  throw new DeployError('compose-invalid', {
    doing,
    found: `${name} has ${replicas} replicas`,
    wanted: 'one container of an exclusive service',
    fix: 'remove scale and deploy.replicas from it',
  });
}

/** A bare `up` must not start it, nor the engine start it again. */
function assertJob(
  { services }: ComposeConfig,
  doing: string,
  name: string,
  slots: DeployRequest['slots'],
): void {
  const { profiles = [], restart = 'no', ...service } = services[name] ?? {};
  const ofSlots = Object.values(slots)
    .flat()
    .flatMap((one) => services[one]?.profiles ?? []);
  const shared = profiles.find((profile) => ofSlots.includes(profile));
  const faults: readonly (readonly [boolean, found: string, fix: string])[] = [
    [
      profiles.length === 0,
      'no profile, so that a bare `docker compose up` runs it',
      "add `profiles: ['job']` to it",
    ],
    [
      shared !== undefined,
      `the profile ${shared} of a slot, which is on`,
      "give it one of its own: `profiles: ['job']`",
    ],
    [restart !== 'no', `restart: ${restart}, so that the engine runs it again`, 'remove restart from it'],
    [
      replicasOf(service) !== 1,
      `${replicasOf(service)} replicas`,
      'remove scale and deploy.replicas from it',
    ],
  ];
  const fault = faults.find(([holds]) => holds);
  if (!fault) return;
  throw new DeployError('compose-invalid', {
    doing,
    found: `the job ${name} has ${fault[1]}`,
    wanted: 'a service that runs once in each deployment, and only then',
    fix: fault[2],
  });
}

/** A name is for one container. */
function assertNameless({ services }: ComposeConfig, doing: string, name: string): void {
  const { container_name, ...service } = services[name] ?? {};
  if (container_name === undefined || replicasOf(service) === 1) return;
  throw new DeployError('compose-invalid', {
    doing,
    found: `${name} has ${replicasOf(service)} replicas and container_name: ${container_name}`,
    wanted: 'containers that Compose can name itself',
    fix: 'remove container_name from it',
  });
}

/** While its slot is idle, its profile is off: Compose refuses a project in which something that is on depends on it. */
function assertNotNeeded(
  { services }: ComposeConfig,
  doing: string,
  slot: string,
  ofSlot: readonly string[],
): void {
  for (const [name, { depends_on = {} }] of Object.entries(services)) {
    const needed = ofSlot.find((one) => depends_on[one] && depends_on[one].required !== false);
    const isOff = needed !== undefined && (services[needed]?.profiles ?? []).length > 0;
    if (!isOff || ofSlot.includes(name)) continue;
    throw new DeployError('compose-invalid', {
      doing,
      found: `${name} depends on ${needed}, whose profile is off while ${slot} is idle`,
      wanted: 'a project that `docker compose up` takes with either slot',
      fix: `remove ${needed} from depends_on of ${name}, or write \`required: false\` there`,
    });
  }
}

/** A mount of the file alone stays with what was there when the container was created. */
function assertFolderMounted({ services }: ComposeConfig, doing: string, file: string): void {
  const found = Object.entries(services).find(([, { volumes = [] }]) =>
    volumes.some(({ type, source }) => type === 'bind' && source === file),
  );
  if (!found) return;
  throw new DeployError('compose-invalid', {
    doing,
    found: `${found[0]} mounts the file ${file} alone`,
    wanted: 'a mount of its folder: the file is replaced by rename, which the container would not see',
    fix: `mount ${dirname(file)} instead`,
  });
}

/** Otherwise a stop by hand, or by Compose, would give less time than a deployment promises. */
function assertGrace({ services }: ComposeConfig, doing: string, name: string, grace: number): void {
  const stated = services[name]?.stop_grace_period;
  if ((stated === undefined ? DEFAULT_GRACE_PERIOD : milliseconds(stated)) === grace) return;
  throw new DeployError('compose-invalid', {
    doing,
    found: `${name} has ${stated === undefined ? 'no stop_grace_period' : `stop_grace_period: ${stated}`}`,
    wanted: `${grace / 1000}s, as its gracePeriod says`,
    fix: 'make them equal, or leave gracePeriod out of the options and the Compose file decides',
  });
}

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** A duration as Compose prints it: `1m30s`. */
const milliseconds = (text: string): number =>
  [...text.matchAll(/([\d.]+)(ms|h|m|s)/g)].reduce(
    (sum, [, n, unit]) => sum + Number(n) * (UNITS[unit ?? ''] ?? 0),
    0,
  );
