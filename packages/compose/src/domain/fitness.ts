import { type Container, judge, lifeOf } from './container.ts';
import { rolesOf, type SlotName, serviceOf, servicesOfSlot } from './layout.ts';
import { viewsOf } from './router-state.ts';
import { containersOf, containersOfSlot, hasSwitched, replicasOf, type Situation } from './situation.ts';

/** Something of it runs. */
export const isRunning = (s: Situation, slot: SlotName): boolean =>
  containersOfSlot(s, slot).some(({ running }) => running);

/** Each of its services runs in its number. */
export const isComplete = (s: Situation, slot: SlotName): boolean =>
  servicesOfSlot(s.layout, slot).every(
    (service) =>
      containersOf(s, service).filter(({ running }) => running).length >= (replicasOf(s, service) ?? 1),
  );

/** It passed its proof, or had the traffic when the deployment began. */
export const isProven = ({ progress, intent }: Situation, container: Container): boolean =>
  progress.proven.has(lifeOf(container)) || intent.previous.lives.includes(lifeOf(container));

/**
 * The containers that could take traffic at once, by role. Engine and router both say so, and none was told to stop: the
 * router alone would be late to notice, and a stop whose answer was lost may be on its way.
 */
const warmOnes = (s: Situation, slot: SlotName): readonly (readonly Container[])[] =>
  rolesOf(s.layout).map((role) =>
    containersOf(s, serviceOf(s.layout, slot, role)).filter(
      (c) => !s.progress.stopping.has(lifeOf(c)) && judge(c, c, viewsOf(s.router.slots[slot], role)).good,
    ),
  );

/** Each of its services could take traffic at once. */
export const isWarm = (s: Situation, slot: SlotName): boolean =>
  warmOnes(s, slot).every(({ length }) => length > 0);

/** … by what is proven: good enough to go back to, though a container may be missing. */
export const canServe = (s: Situation, slot: SlotName): boolean =>
  warmOnes(s, slot).every((warm) => warm.some((container) => isProven(s, container)));

/** All that runs there is what was proven, in its number, and is as good as it was then. */
export const isFit = (s: Situation, slot: SlotName): boolean =>
  isComplete(s, slot) &&
  warmOnes(s, slot).flat().length === containersOfSlot(s, slot).length &&
  containersOfSlot(s, slot).every((container) => isProven(s, container));

/**
 * The slot that had the traffic has it still, or could take it at once. Where nothing ran there when the deployment
 * began, there is nothing to go back to: what somebody has started there since is unknown.
 */
export const hasWayBack = (s: Situation): boolean =>
  s.router.live === s.intent.origin || (s.intent.previous.slots !== undefined && isWarm(s, s.intent.origin));

/** The new slot has the traffic, and the old one could take it at once. */
export const hasWarmWayBack = (s: Situation): boolean =>
  s.progress.direction === 'forward' &&
  hasSwitched(s) &&
  s.intent.target !== s.intent.origin &&
  hasWayBack(s);

/** Why a slot that has the traffic, in the lives `routed`, serves badly; undefined when nothing is known against it. */
export function faultOf(
  s: Situation,
  slot: SlotName,
  routed: ReadonlySet<string> = s.progress.routed,
): string | undefined {
  for (const role of rolesOf(s.layout)) {
    const service = serviceOf(s.layout, slot, role);
    const containers = containersOf(s, service);
    const wanted = replicasOf(s, service) ?? 1;
    if (containers.length < wanted) return `${service} has ${containers.length} of ${wanted} containers`;
    for (const container of containers) {
      const found = judge(container, container, viewsOf(s.router.slots[slot], role));
      if (!found.good) return `${container.name}: ${found.why}`;
      if (routed.size > 0 && !routed.has(lifeOf(container))) return `${container.name} was started again`;
    }
  }
  return undefined;
}
