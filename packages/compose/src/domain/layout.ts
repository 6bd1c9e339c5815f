/** `blue`, `green`: one of the two places a version of the application can run. */
export type SlotName = string;
/** A service of the project. */
export type ServiceName = string;
/** What a service of a slot is called in both: `api` for `api_blue` and `api_green`. */
export type RoleName = string;

/** The role where a slot has one service, and options and router do not name it. */
export const ONLY_ROLE: RoleName = 'app';

export interface SlotService {
  readonly service: ServiceName;
  /** The setting of the project from which the engine reads its image. */
  readonly image: string;
  /** Milliseconds between SIGTERM and SIGKILL; undefined for what its container was created with. */
  readonly gracePeriod?: number | undefined;
}

/** The services that get the traffic together, in one switch; both slots have the same roles. */
export interface Slot {
  readonly services: Readonly<Record<RoleName, SlotService>>;
}

export interface Background {
  /** The setting of the project from which the engine reads its image. */
  readonly image: string;
  readonly gracePeriod?: number | undefined;
  /** Never two at a time. */
  readonly exclusive: boolean;
}

/** When a job runs: before anything of the new slot is started, or when nothing of the old one is left. */
export type JobMoment = 'before-start' | 'after-watch';

/** A service that runs once in each deployment, to its end. */
export interface Job {
  /** The setting of the project from which the engine reads its image. */
  readonly image: string;
  readonly at: JobMoment;
  /** Milliseconds until it is stopped, and has failed. */
  readonly timeout: number;
  readonly gracePeriod?: number | undefined;
}

/** The services that are deployed together; fixed for the life of a `blueGreen()`. */
export interface Layout {
  readonly slots: Readonly<Record<SlotName, Slot>>;
  readonly background: Readonly<Record<ServiceName, Background>>;
  readonly jobs: Readonly<Record<ServiceName, Job>>;
}

export const rolesOf = ({ slots }: Layout): readonly RoleName[] =>
  Object.keys(Object.values(slots)[0]?.services ?? {});

export function serviceOf({ slots }: Layout, slot: SlotName, role: RoleName): ServiceName {
  const found = slots[slot]?.services[role];
  if (!found) throw new Error(`assertion: no slot ${slot} has a service ${role}`);
  return found.service;
}

export const servicesOfSlot = (layout: Layout, slot: SlotName): readonly ServiceName[] =>
  rolesOf(layout).map((role) => serviceOf(layout, slot, role));

/** Its services as people read them: `api_blue and web_blue`. */
export const slotInWords = (layout: Layout, slot: SlotName): string =>
  servicesOfSlot(layout, slot).join(' and ');

/** What is known by role, by the services of a slot. */
export const byService = <T>(
  layout: Layout,
  slot: SlotName,
  values: Readonly<Record<RoleName, T>>,
): Readonly<Record<ServiceName, T | undefined>> =>
  Object.fromEntries(rolesOf(layout).map((role) => [serviceOf(layout, slot, role), values[role]]));

export const otherSlot = ({ slots }: Layout, slot: SlotName): SlotName =>
  Object.keys(slots).find((other) => other !== slot) as SlotName;

/** Every service that is deployed, with what is known about it. */
export const allServices = ({ slots, background, jobs }: Layout): readonly SlotService[] => [
  ...Object.values(slots).flatMap(({ services }) => Object.values(services)),
  ...Object.entries({ ...background, ...jobs }).map(([service, { image, gracePeriod }]) => ({
    service,
    image,
    gracePeriod,
  })),
];

/** The setting that holds the image of each service. */
export const imageSettings = (layout: Layout): Readonly<Record<ServiceName, string>> =>
  Object.fromEntries(allServices(layout).map(({ service, image }) => [service, image]));

/** Milliseconds of grace by service, where the options give one. */
export const gracePeriods = (layout: Layout): Readonly<Record<ServiceName, number>> =>
  Object.fromEntries(
    allServices(layout).flatMap(({ service, gracePeriod }) =>
      gracePeriod === undefined ? [] : [[service, gracePeriod]],
    ),
  );
