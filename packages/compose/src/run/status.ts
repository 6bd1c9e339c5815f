import type { Container, Health } from '../domain/container.ts';
import { unfinished } from '../domain/journal.ts';
import type { Layout, ServiceName, SlotName } from '../domain/layout.ts';
import type { RouterState } from '../domain/router-state.ts';
import type { Observation } from '../domain/situation.ts';
import type { Holder, Ports } from '../ports/index.ts';

export interface ServiceStatus {
  readonly service: ServiceName;
  /** One for each container. */
  readonly containers: readonly {
    readonly name: string;
    readonly image: string;
    readonly running: boolean;
    readonly health: Health;
    readonly restarts: number;
  }[];
}

/** What runs now, as engine and router say. */
export interface DeployStatus {
  readonly live: SlotName;
  /** The slot that a restarted router would choose; different from `live` only in the middle of a deployment. */
  readonly stored: SlotName | undefined;
  readonly slots: Readonly<
    Record<SlotName, ServiceStatus & { readonly up: boolean; readonly sessions: number }>
  >;
  readonly background: Readonly<Record<ServiceName, ServiceStatus>>;
  /** Who deploys at this moment. */
  readonly holder: Holder | undefined;
  /** The release of a deployment that never ended: run it again, or `resume()`. */
  readonly unfinished: string | undefined;
}

export async function readStatus({ engine, router, ledger }: Ports, layout: Layout): Promise<DeployStatus> {
  const [containers, state, holder, journal] = await Promise.all([
    engine.observe(),
    router.observe(),
    ledger.holder(),
    ledger.read(),
  ]);
  const of = (service: ServiceName) => serviceStatus(service, containers);
  return {
    live: state.live,
    stored: state.stored,
    slots: Object.fromEntries(
      Object.entries(layout.slots).map(([slot, { service }]) => [
        slot,
        { ...of(service), up: state.slots[slot]?.up ?? false, sessions: state.slots[slot]?.sessions ?? 0 },
      ]),
    ),
    background: Object.fromEntries(Object.keys(layout.background).map((service) => [service, of(service)])),
    holder,
    unfinished: unfinished(journal)?.release.id,
  };
}

function serviceStatus(service: ServiceName, containers: readonly Container[]): ServiceStatus {
  const own = containers.filter((container) => container.service === service);
  return {
    service,
    containers: own.map(({ name, imageName: image, running, health, restarts }) => ({
      name,
      image,
      running,
      health,
      restarts,
    })),
  };
}

/** The same in one sentence, for the end of an error: what takes traffic, what runs beside it. */
export function sentenceOf({ router, containers }: Observation, { slots, background }: Layout): string {
  const runs = (service: ServiceName | undefined): string => {
    const images = containers
      .filter((container) => container.service === service && container.running)
      .map(({ imageName }) => imageName);
    return images.length > 0 ? [...new Set(images)].join(' and ') : 'nothing';
  };
  const idle = Object.keys(slots).filter(
    (slot) => slot !== router.live && runs(slots[slot]?.service) !== 'nothing',
  );
  return [
    trafficOf(router, runs(slots[router.live]?.service)),
    ...idle.map((slot) => `${slot} runs ${runs(slots[slot]?.service)} without traffic`),
    ...Object.keys(background).map((service) => `${service} runs ${runs(service)}`),
  ].join('; ');
}

const trafficOf = ({ live, slots }: RouterState, image: string): string =>
  slots[live]?.up
    ? `${live} has the traffic, on ${image}`
    : `nothing takes the traffic: the router sends it to ${live} and sees it down (it runs ${image})`;
