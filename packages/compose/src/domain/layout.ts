/** `blue`, `green`: one of the two places a version of the API can run. */
export type SlotName = string;
/** A service of the project. */
export type ServiceName = string;

export interface Slot {
  readonly service: ServiceName;
  /** The setting of the project from which the engine reads its image. */
  readonly image: string;
  /** Milliseconds between SIGTERM and SIGKILL; undefined for what its container was created with. */
  readonly gracePeriod?: number | undefined;
}

export interface Background {
  /** The setting of the project from which the engine reads its image. */
  readonly image: string;
  readonly gracePeriod?: number | undefined;
  /** Never two at a time. */
  readonly exclusive: boolean;
}

/** The services that are deployed together; fixed for the life of a `blueGreen()`. */
export interface Layout {
  readonly slots: Readonly<Record<SlotName, Slot>>;
  readonly background: Readonly<Record<ServiceName, Background>>;
}

export function serviceOf({ slots }: Layout, slot: SlotName): ServiceName {
  const found = slots[slot];
  if (!found) throw new Error(`assertion: no slot is named ${slot}`);
  return found.service;
}

export const otherSlot = ({ slots }: Layout, slot: SlotName): SlotName =>
  Object.keys(slots).find((other) => other !== slot) as SlotName;

/** The setting that holds the image of each service. */
export const imageSettings = ({ slots, background }: Layout): Readonly<Record<ServiceName, string>> => ({
  ...Object.fromEntries(Object.values(slots).map(({ service, image }) => [service, image])),
  ...Object.fromEntries(Object.entries(background).map(([service, { image }]) => [service, image])),
});

/** Milliseconds of grace by service, where the options give one. */
export const gracePeriods = ({ slots, background }: Layout): Readonly<Record<ServiceName, number>> =>
  Object.fromEntries(
    [
      ...Object.values(slots).map((slot) => [slot.service, slot] as const),
      ...Object.entries(background),
    ].flatMap(([service, { gracePeriod }]) => (gracePeriod === undefined ? [] : [[service, gracePeriod]])),
  );
