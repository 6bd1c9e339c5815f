import { judge, lifeOf } from './judge.ts';
import type { Container, Image, ServiceName, Situation, SlotName, StartOrder, Step } from './model.ts';

/**
 * The next step of a deployment, from what is and what is wanted; the whole order of a deployment is here.
 * Pure: the runner, the dry run and a resumed deployment all ask the same question.
 */
export function decide(situation: Situation): Step {
  return situation.progress.direction === 'forward' ? forward(situation) : back(situation);
}

/** New slot up and proven → background quiet → switch → remember → background up → old slot away. */
function forward(s: Situation): Step {
  const { target, release } = s.intent;
  return (
    first(
      () => closed(s),
      () => s.router.live !== target && persisted(s, s.router.live),
      () => (s.router.live !== target || !isRunning(s, target)) && prepare(s, target, release.slot),
      () => s.router.live !== target && quiet(s, release.background),
      () => s.router.live !== target && { do: 'switch', to: target, from: s.router.live },
      () => persisted(s, target),
      () => background(s, release.background),
      () => retired(s, besides(s, target), target),
    ) ?? { do: 'finish', outcome: 'deployed' }
  );
}

/** Traffic first, then the rest, until everything is as it was. */
function back(s: Situation): Step {
  const { target, origin, previous } = s.intent;
  return (
    first(
      () => closed(s),
      () =>
        previous.slot &&
        (s.router.live !== origin || !isRunning(s, origin)) &&
        prepare(s, origin, previous.slot),
      () => s.router.live !== origin && { do: 'switch', to: origin, from: s.router.live },
      () => persisted(s, origin),
      () => background(s, asBefore(s)),
      () => target !== origin && retired(s, target),
    ) ?? { do: 'finish', outcome: 'reverted' }
  );
}

/** The image each service should run; `undefined` for none, so that it is stopped. */
type Wanted = Readonly<Record<ServiceName, Image | undefined>>;

type Rule = () => Step | false | undefined;

const first = (...rules: readonly Rule[]): Step | undefined => {
  for (const rule of rules) {
    const step = rule();
    if (step) return step;
  }
  return undefined;
};

/** The slot runs the image and has passed the gate. */
function prepare(s: Situation, slot: SlotName, image: Image | undefined): Step | undefined {
  const service = serviceOf(s, slot);
  const wanted = { [service]: image };
  return (
    emptied(s, slot, stale(s, wanted)) ??
    quiet(s, wanted) ??
    cleared(s, wanted) ??
    started(s, wanted) ??
    gated(s, slot, only(containersOf(s, service)))
  );
}

/** A slot without traffic that the router would send some as soon as it is up: half a switch, or a container that died. */
const closed = (s: Situation): Step | undefined => {
  const slot = Object.keys(s.layout.slots).find(
    (name) => name !== s.router.live && s.router.slots[name]?.open,
  );
  return slot === undefined ? undefined : { do: 'close', slot };
};

/** A proof lapses when the container starts again, or does not look good any more. */
const gated = (s: Situation, slot: SlotName, container: Container): Step | undefined =>
  isFit(s, slot) ? undefined : { do: 'gate', slot, container };

/** What runs there is what was proven, and is as good as it was then. */
export const isFit = (s: Situation, slot: SlotName): boolean => {
  const proven = containersOf(s, serviceOf(s, slot)).every((container) => isProven(s, container));
  return isWarm(s, slot) && proven;
};

/**
 * Engine and router both say that it could take traffic at once, and nobody told it to stop: the router alone would be
 * late to notice, and a stop whose answer was lost may be on its way.
 */
export const isWarm = (s: Situation, slot: SlotName): boolean =>
  containersOf(s, serviceOf(s, slot)).some(
    (c) => !s.progress.stopping.has(lifeOf(c)) && judge(c, c, s.router.slots[slot]).good,
  );

/**
 * The slot that had the traffic has it still, or could take it at once. Where nothing ran there when the deployment
 * began, there is nothing to go back to: what somebody has started there since is unknown.
 */
export const hasWayBack = (s: Situation): boolean =>
  s.router.live === s.intent.origin || (s.intent.previous.slot !== undefined && isWarm(s, s.intent.origin));

/** The new slot has the traffic, and the old one could take it at once. */
export const hasWarmWayBack = (s: Situation): boolean =>
  s.progress.direction === 'forward' &&
  s.router.live === s.intent.target &&
  s.intent.target !== s.intent.origin &&
  hasWayBack(s);

/** Why a slot that has the traffic, in the lives `routed`, serves badly; undefined when nothing is known against it. */
export function faultOf(
  s: Situation,
  slot: SlotName,
  routed: ReadonlySet<string> = s.progress.routed,
): string | undefined {
  const containers = containersOf(s, serviceOf(s, slot));
  if (containers.length === 0) return 'its container is gone';
  for (const container of containers) {
    const found = judge(container, container, s.router.slots[slot]);
    if (!found.good) return found.why;
    if (routed.size > 0 && !routed.has(lifeOf(container))) return 'the container was started again';
  }
  return undefined;
}

const isRunning = (s: Situation, slot: SlotName): boolean =>
  containersOf(s, serviceOf(s, slot)).some(({ running }) => running);

const isProven = ({ progress, intent }: Situation, container: Container): boolean =>
  progress.proven.has(lifeOf(container)) || intent.previous.life === lifeOf(container);

const persisted = (s: Situation, slot: SlotName): Step | undefined =>
  s.router.stored === slot ? undefined : { do: 'persist', slot };

/** Every background service runs its image, proven; what ran before is stopped and gone first. */
const background = (s: Situation, wanted: Wanted): Step | undefined =>
  quiet(s, wanted) ?? cleared(s, wanted) ?? started(s, wanted) ?? verified(s, wanted);

/** Nothing of these services runs that should not: another image, or a container that was told to stop. */
function quiet(s: Situation, wanted: Wanted): Step | undefined {
  const containers = stale(s, wanted).filter(({ running }) => running);
  return containers.length > 0 ? { do: 'stop', containers } : undefined;
}

const asBefore = ({ layout, intent }: Situation): Wanted =>
  Object.fromEntries(
    Object.keys(layout.background).map((service) => [service, intent.previous.background[service]]),
  );

/** Stopped containers keep their names, so they go before a successor is created. */
function cleared(s: Situation, wanted: Wanted): Step | undefined {
  const containers = stale(s, wanted);
  return containers.length > 0 ? { do: 'remove', containers } : undefined;
}

function started(s: Situation, wanted: Wanted): Step | undefined {
  const orders = Object.entries(wanted).flatMap(([service, image]): StartOrder[] => {
    const replicas = s.intent.replicas[service];
    return image && containersOf(s, service).length < (replicas ?? 1) ? [{ service, image, replicas }] : [];
  });
  return orders.length > 0 ? { do: 'start', orders } : undefined;
}

function verified(s: Situation, wanted: Wanted): Step | undefined {
  const containers = Object.keys(wanted)
    .flatMap((service) => containersOf(s, service))
    .filter((container) => !isProven(s, container));
  return containers.length > 0 ? { do: 'verify', containers } : undefined;
}

/** A slot without traffic may still have what came before the switch, also one that nobody remembers. */
function emptied(s: Situation, slot: SlotName, containers: readonly Container[]): Step | undefined {
  const container = containers.find(
    (one) => one.running && !s.progress.drained.has(lifeOf(one)) && !s.progress.stopping.has(lifeOf(one)),
  );
  return container && { do: 'drain', slot, container };
}

/** The slot without traffic is drained, kept warm while its successor is watched, then stopped and removed. */
function retired(s: Situation, slot: SlotName, successor?: SlotName): Step | undefined {
  const containers = containersOf(s, serviceOf(s, slot));
  const container = containers.find(({ running }) => running);
  if (!container) return containers.length > 0 ? { do: 'remove', containers } : undefined;
  const left = emptied(s, slot, containers);
  if (left) return left;
  if (successor && !s.progress.watched) {
    return { do: 'watch', slot: successor, container: only(containersOf(s, serviceOf(s, successor))) };
  }
  return { do: 'stop', containers: [container] };
}

const stale = (s: Situation, wanted: Wanted): readonly Container[] =>
  Object.entries(wanted).flatMap(([service, image]) =>
    containersOf(s, service).filter((container) => container.image !== image?.id || isOver(s, container)),
  );

/** It was told to stop, or it has ended; one that ends between its start and its proof is for the proof to judge. */
const isOver = (s: Situation, container: Container): boolean =>
  s.progress.stopping.has(lifeOf(container)) ||
  (!container.running && (!s.progress.started.has(container.id) || isProven(s, container)));

/** The other slot. */
const besides = ({ layout }: Situation, slot: SlotName): SlotName =>
  Object.keys(layout.slots).find((other) => other !== slot) as SlotName;

const containersOf = (s: Situation, service: ServiceName): readonly Container[] =>
  s.containers.filter((container) => container.service === service);

export const serviceOf = ({ layout }: Pick<Situation, 'layout'>, slot: SlotName): ServiceName => {
  const found = layout.slots[slot];
  if (!found) throw new Error(`assertion: no slot is named ${slot}`);
  return found.service;
};

function only(containers: readonly Container[]): Container {
  const [container, ...others] = containers;
  if (!container || others.length > 0)
    throw new Error(`assertion: one container expected, ${containers.length} seen`);
  return container;
}
