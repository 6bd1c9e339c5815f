import { option, readOptions } from '@cutover/internal';
import { DeployError } from '../domain/errors.ts';
import {
  allServices,
  type JobMoment,
  type Layout,
  ONLY_ROLE,
  type RoleName,
  rolesOf,
  type ServiceName,
  type Slot,
} from '../domain/layout.ts';
import { mapValues } from '../domain/map-values.ts';
import { DEFAULT_JOB_TIMEOUT } from '../domain/policy.ts';

export interface SlotServiceOptions {
  /** The Compose service. */
  service: ServiceName;
  /** The Compose variable that names its image: `image: ${API_BLUE_IMAGE}` in the Compose file. */
  image: string;
  /** Milliseconds between SIGTERM and SIGKILL. Default: its `stop_grace_period` in the Compose file, else 10 000. */
  gracePeriod?: number;
}

/** A slot of one service, or of several that get the traffic in the same moment: an API and its web front end. */
export type SlotOptions = SlotServiceOptions | { services: Readonly<Record<RoleName, SlotServiceOptions>> };

export interface BackgroundOptions {
  /** The Compose variable that names its image. */
  image: string;
  /** Milliseconds between SIGTERM and SIGKILL: more than its longest job. Default as for slots. */
  gracePeriod?: number;
  /** At most one container, ever, as a cron needs it. Default false. */
  exclusive?: boolean;
}

export interface JobOptions {
  /** The Compose variable that names its image. */
  image: string;
  /**
   * `before-start`: when nothing of the new slot runs yet, for what the old and the new version both work with.
   * `after-watch`: when nothing of the old slot is left, for what the old version does not work with any more.
   */
  at: JobMoment;
  /** Milliseconds until it is stopped and the deployment fails. Default 600 000. */
  timeout?: number;
  /** Milliseconds between SIGTERM and SIGKILL where it has to be stopped. Default as for slots. */
  gracePeriod?: number;
}

export function readLayout({
  slots,
  background,
  jobs,
}: {
  readonly slots: Readonly<Record<string, SlotOptions>>;
  readonly background: Readonly<Record<ServiceName, BackgroundOptions>>;
  readonly jobs: Readonly<Record<ServiceName, JobOptions>>;
}): Layout {
  const layout: Layout = {
    slots: mapValues(slots, (slot, name) => readSlot(slot, `slots.${name}.`)),
    background: mapValues(background, (service, name) => readBackground(service, `background.${name}.`)),
    jobs: mapValues(jobs, (job, name) => readJob(job, `jobs.${name}.`)),
  };
  assertPair(layout);
  assertNames(layout);
  return layout;
}

/** Two slots of the same roles. */
function assertPair({ slots }: Layout): void {
  const names = Object.keys(slots);
  if (names.length !== 2)
    throw refuse('')({ name: 'slots', found: `${names.length} of them`, wanted: 'two' });
  const [one, other] = Object.values(slots).map(({ services }) => Object.keys(services).sort().join(', '));
  if (one === other && one !== '') return;
  const found = names.map((name, index) => `${name} has ${[one, other][index] || 'none'}`).join(', ');
  throw refuse('slots.')({ name: 'services', found, wanted: 'the same names of services in both slots' });
}

/** Images and histories go by these names. */
function assertNames(layout: Layout): void {
  const names = [...rolesOf(layout), ...allServices(layout).map(({ service }) => service)];
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice === undefined || (rolesOf(layout).includes(twice) && !(twice in layout.background))) return;
  throw refuse('')({
    name: 'slots',
    found: `${twice} twice`,
    wanted: 'each service once, and names of its own within a slot',
  });
}

function readSlot(slot: SlotOptions, path: string): Slot {
  if (typeof slot !== 'object' || slot === null || !('services' in slot))
    return { services: { [ONLY_ROLE]: readSlotService(slot, path) } };
  const { services } = readOptions(slot, { services: option.required(option.object) }, {}, refuse(path));
  return {
    services: mapValues(services, (service, role) => readSlotService(service, `${path}services.${role}.`)),
  };
}

const readSlotService = (service: SlotServiceOptions, path: string) =>
  readOptions(
    service,
    {
      service: option.required(option.text),
      image: option.required(option.text),
      gracePeriod: option.duration,
    },
    {},
    refuse(path),
  );

const readBackground = (service: BackgroundOptions, path: string) =>
  readOptions(
    service,
    { image: option.required(option.text), gracePeriod: option.duration, exclusive: option.boolean },
    { exclusive: false },
    refuse(path),
  );

const readJob = (job: JobOptions, path: string) =>
  readOptions(
    job,
    {
      image: option.required(option.text),
      at: option.required(option.oneOf('before-start', 'after-watch')),
      timeout: option.duration,
      gracePeriod: option.duration,
    },
    { timeout: DEFAULT_JOB_TIMEOUT },
    refuse(path),
  );

export const refuse =
  (path: string) =>
  ({ name, found, wanted }: { name: string; found: string; wanted: string }): DeployError =>
    new DeployError('invalid-options', { doing: `reading blueGreen option ${path}${name}`, found, wanted });
