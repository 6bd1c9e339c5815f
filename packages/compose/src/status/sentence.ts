import { type Layout, type ServiceName, type SlotName, servicesOfSlot } from '../domain/layout.ts';
import { instancesInWords } from '../domain/live-slot.ts';
import type { RouterState } from '../domain/router-state.ts';
import type { Observation } from '../domain/situation.ts';

/** How things stand in one sentence, for the end of an error: what takes traffic, what runs beside it. */
export function sentenceOf({ router, containers }: Observation, layout: Layout): string {
  const runs = (...services: readonly ServiceName[]): string => {
    const images = containers
      .filter(({ service, running }) => services.includes(service) && running)
      .map(({ imageName }) => imageName);
    return images.length > 0 ? [...new Set(images)].join(' and ') : 'nothing';
  };
  const runsIn = (slot: SlotName) => runs(...servicesOfSlot(layout, slot));
  const idle = Object.keys(layout.slots).filter((slot) => slot !== router.live && runsIn(slot) !== 'nothing');
  const beside = router.live === undefined ? '' : ' without traffic';
  return [
    trafficOf(router, runsIn),
    ...idle.map((slot) => `${slot} runs ${runsIn(slot)}${beside}`),
    ...Object.keys(layout.background).map((service) => `${service} runs ${runs(service)}`),
  ].join('; ');
}

function trafficOf({ live, slots, instances = {} }: RouterState, runsIn: (slot: SlotName) => string): string {
  if (live === undefined) return `the traffic is on both slots: ${instancesInWords(instances)}`;
  return slots[live]?.up
    ? `${live} has the traffic, on ${runsIn(live)}`
    : `nothing takes the traffic: the router sends it to ${live} and sees it down (it runs ${runsIn(live)})`;
}

/** Why a way back has not brought the configuration back. */
export const KEPT_LOST =
  'the configuration that was kept cannot be read any more: what was started anew has what the project has now';

/** How a deployment that was left half-way goes on. */
export const HOW_TO_GO_ON =
  'deploy the same release again to finish it, or rollback() to go back (one switch while the old slot is warm); resume() chooses by where the traffic is';
