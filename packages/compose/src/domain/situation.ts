import { type Container, lifeOf } from './container.ts';
import type { Intent } from './intent.ts';
import type { Remembered } from './journal.ts';
import {
  byService,
  type Layout,
  type RoleName,
  type ServiceName,
  type SlotName,
  servicesOfSlot,
} from './layout.ts';
import type { Image } from './release.ts';
import type { RouterState } from './router-state.ts';

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
  /** Containers of a slot that was seen without a session, or whose deadline came, since the traffic left it. */
  readonly drained: ReadonlySet<string>;
  /** The new slot has had the traffic, and was well, for as long as it is watched. */
  readonly watched: boolean;
  /** What was kept of before could not be read when it was needed: the way back does without. */
  readonly keptLost?: boolean;
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

/** What of a job this deployment has started, or is to remove since it is left of an earlier one. */
export const ownOf = (s: Situation, service: ServiceName): readonly Container[] =>
  containersOf(s, service).filter(({ id }) => !s.intent.existing.includes(id));

export const wantedInSlot = (
  { layout }: Situation,
  slot: SlotName,
  images: Readonly<Record<RoleName, Image>>,
): Wanted => byService(layout, slot, images);

/** How many containers a service is to have; undefined for what the project says. */
export const replicasOf = ({ intent, progress }: Situation, service: ServiceName): number | undefined =>
  (progress.direction === 'forward' ? intent : intent.previous).replicas[service];

/** The kept configuration that containers are created from; undefined for the project as it is. */
export function keptFor({ intent, progress }: Situation): string | undefined {
  if (progress.direction === 'back') return progress.keptLost ? undefined : intent.previous.restores?.id;
  return intent.kind === 'rollback' ? intent.release.kept : undefined;
}

/** The traffic, or some of it, is on the slot that gets the release. */
export const hasSwitched = ({ router, intent: { target, origin } }: Situation): boolean =>
  router.live === target || (router.live === undefined && target !== origin);

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
