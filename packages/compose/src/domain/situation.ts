import { type Configuration, withReplicasOf } from './configuration.ts';
import { type Container, judge, lifeOf } from './container.ts';
import type { Intent } from './intent.ts';
import type { Remembered } from './journal.ts';
import {
  byService,
  type Layout,
  type RoleName,
  rolesOf,
  type ServiceName,
  type SlotName,
  serviceOf,
  servicesOfSlot,
} from './layout.ts';
import type { Image } from './release.ts';
import { type RouterState, serversOf } from './router-state.ts';

/** The outside world at one moment. */
export interface Observation {
  readonly containers: readonly Container[];
  readonly router: RouterState;
}

/** What this process has seen proven. A successor proves it again, so it is kept nowhere. */
export interface Proofs {
  /** Containers that it started: one of these that has ended is a failure, any other is a leftover. */
  readonly started: ReadonlySet<string>;
  /** Lives of containers that passed the gate, or were verified. */
  readonly proven: ReadonlySet<string>;
  readonly drained: ReadonlySet<string>;
  /** The new slot has had the traffic, and was well, for as long as it is watched. */
  readonly watched: boolean;
}

/** All that a decision is made from. */
export interface Situation extends Observation {
  readonly layout: Layout;
  readonly intent: Intent;
  readonly progress: Remembered & Proofs;
}

/** The image each service should run; `undefined` for none, so that it is stopped. */
export type Wanted = Readonly<Record<ServiceName, Image | undefined>>;

export const containersOf = (s: Observation, service: ServiceName): readonly Container[] =>
  s.containers.filter((container) => container.service === service);

export const containersOfSlot = (s: Situation, slot: SlotName): readonly Container[] =>
  servicesOfSlot(s.layout, slot).flatMap((service) => containersOf(s, service));

export const wantedInSlot = (
  { layout }: Situation,
  slot: SlotName,
  images: Readonly<Record<RoleName, Image>>,
): Wanted => byService(layout, slot, images);

/** How many containers a service is to have; undefined for what the project says. */
export const replicasOf = ({ intent, progress }: Situation, service: ServiceName): number | undefined =>
  (progress.direction === 'forward' ? intent : intent.previous).replicas[service];

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

/** It was told to stop, or it has ended; one that ends between its start and its proof is for the proof to judge. */
const isTerminated = (s: Situation, container: Container): boolean =>
  s.progress.stopping.has(lifeOf(container)) ||
  (!container.running && (!s.progress.started.has(container.id) || isProven(s, container)));

/**
 * What of these services runs on another image or with another configuration, was told to stop, or has ended. On the way
 * back the configuration does not count, since what is on disk is all that there is, but what is more than there was does.
 */
export const outdated = (s: Situation, wanted: Wanted): readonly Container[] => {
  const isForward = s.progress.direction === 'forward';
  return Object.entries(wanted).flatMap(([service, image]) => {
    const all = containersOf(s, service);
    const replaced = isForward ? s.intent.replaces : surplusOf(s, service, all);
    return all.filter(
      (container) =>
        container.image !== image?.id || replaced.includes(container.id) || isTerminated(s, container),
    );
  });
};

/** What a deployment has added to the containers that there were. */
function surplusOf(
  { intent: { existing, previous } }: Situation,
  service: ServiceName,
  all: readonly Container[],
): readonly string[] {
  const added = all.map(({ id }) => id).filter((id) => !existing.includes(id));
  const before = previous.replicas[service] ?? 0;
  return added.slice(Math.max(0, before - (all.length - added.length)));
}

/**
 * The containers that could take traffic at once, by role. Engine and router both say so, and none was told to stop: the
 * router alone would be late to notice, and a stop whose answer was lost may be on its way.
 */
const warmOnes = (s: Situation, slot: SlotName): readonly (readonly Container[])[] =>
  rolesOf(s.layout).map((role) =>
    containersOf(s, serviceOf(s.layout, slot, role)).filter(
      (c) => !s.progress.stopping.has(lifeOf(c)) && judge(c, c, serversOf(s.router.slots[slot], role)).good,
    ),
  );

/** Each of its services could take traffic at once. */
const isWarm = (s: Situation, slot: SlotName): boolean => warmOnes(s, slot).every(({ length }) => length > 0);

/** … by what is proven: good enough to go back to, though a container may be missing. */
export const canServe = (s: Situation, slot: SlotName): boolean =>
  warmOnes(s, slot).every((warm) => warm.some((container) => isProven(s, container)));

/** All that runs there is what was proven, in its number, and is as good as it was then. */
export const isFit = (s: Situation, slot: SlotName): boolean =>
  isComplete(s, slot) &&
  warmOnes(s, slot).flat().length === containersOfSlot(s, slot).length &&
  containersOfSlot(s, slot).every((container) => isProven(s, container));

/** The traffic is on the slot that gets the release. */
export const hasSwitched = ({ router, intent }: Situation): boolean => router.live === intent.target;

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
      const found = judge(container, container, serversOf(s.router.slots[slot], role));
      if (!found.good) return `${container.name}: ${found.why}`;
      if (routed.size > 0 && !routed.has(lifeOf(container))) return `${container.name} was started again`;
    }
  }
  return undefined;
}

/**
 * With what the containers were created that are there: those of this deployment with what it read when it began, but for
 * their number, of which the way back brings the old one.
 */
export function configurationNow({ containers, intent, progress }: Situation): Configuration {
  const { existing, previous, release } = intent;
  const services = [...new Set(containers.map(({ service }) => service))];
  const known = services.flatMap((service) => {
    const isOld = containers.every((one) => one.service !== service || existing.includes(one.id));
    const fingerprint = (isOld ? previous : release).configuration[service];
    if (!fingerprint) return [];
    const numbered = progress.direction === 'back' ? previous.configuration[service] : fingerprint;
    return [[service, withReplicasOf(fingerprint, numbered)] as const];
  });
  return Object.fromEntries(known);
}

/** The situation with more proven than before: what a step promises. */
export const withProofs = (s: Situation, proofs: Partial<Proofs>): Situation => ({
  ...s,
  progress: { ...s.progress, ...proofs },
});

export const including = (
  lives: ReadonlySet<string>,
  containers: readonly Container[],
): ReadonlySet<string> => new Set([...lives, ...containers.map(lifeOf)]);

export function assert(holds: boolean | undefined, broken: string): asserts holds {
  if (!holds) throw new Error(`assertion: ${broken}`);
}
