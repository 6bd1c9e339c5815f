import type { Container } from '../domain/container.ts';
import { type ServiceName, servicesOfSlot } from '../domain/layout.ts';
import { assert, type Situation } from '../domain/situation.ts';

/** What steps that act on a list of containers have in common. */

export const servicesOf = (containers: readonly Container[]): readonly ServiceName[] => [
  ...new Set(containers.map(({ service }) => service)),
];

export const isOneOf = (containers: readonly Container[], { id }: Container): boolean =>
  containers.some((container) => container.id === id);

export const isOfOldSlot = ({ layout, intent }: Situation, containers: readonly Container[]): boolean =>
  containers.some(({ service }) => servicesOfSlot(layout, intent.origin).includes(service));

/** No container is stopped or removed that has the traffic, or would have it after a restart of the router. */
export function assertNotServing(
  s: Situation,
  step: { readonly do: string; readonly containers: readonly Container[] },
): void {
  const { live, stored } = s.router;
  const named = live === undefined ? Object.keys(s.layout.slots) : [live];
  for (const slot of [...named, ...(stored === undefined ? [] : [stored])]) {
    const services = servicesOfSlot(s.layout, slot);
    const served = step.containers.filter(({ service }) => services.includes(service));
    assert(
      served.every(({ running }) => !running),
      `${slot} has the traffic and was told to ${step.do}`,
    );
  }
}
