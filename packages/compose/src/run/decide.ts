import { canServe, isComplete, isRunning } from '../domain/fitness.ts';
import type { JobMoment, SlotName } from '../domain/layout.ts';
import { otherSlot } from '../domain/layout.ts';
import { outdated } from '../domain/outdated.ts';
import type { Release } from '../domain/release.ts';
import {
  containersOfSlot,
  hasSwitched,
  ownOf,
  type Situation,
  type Wanted,
  wantedInSlot,
} from '../domain/situation.ts';
import { close } from '../steps/close.ts';
import { drain } from '../steps/drain.ts';
import { finish } from '../steps/finish.ts';
import { gate } from '../steps/gate.ts';
import type { Step } from '../steps/index.ts';
import { job, leftOf } from '../steps/job.ts';
import { persist } from '../steps/persist.ts';
import { remove } from '../steps/remove.ts';
import { start } from '../steps/start.ts';
import { stop } from '../steps/stop.ts';
import { switchTraffic } from '../steps/switch.ts';
import { verify } from '../steps/verify.ts';
import { watch } from '../steps/watch.ts';

/**
 * The next step of a deployment, from what is and what is wanted; the whole order of a deployment is here.
 * Pure: the runner, the dry run and a resumed deployment all ask the same question.
 */
export const decide = (s: Situation): Step => (s.progress.direction === 'forward' ? forward(s) : back(s));

/** Jobs → new slot up and proven → background services stopped → switch → stored → background services up → old slot away → jobs. */
function forward(s: Situation): Step {
  const { target, release } = s.intent;
  const background = everyBackground(s, release.background);
  const isBefore = !hasSwitched(s);
  const isProvenThere = s.router.live === target && isComplete(s, target);
  return (
    first(
      () => close.next(s),
      () => isBefore && persist.next(s, s.router.live),
      () => isBefore && runJobs(s, 'before-start'),
      () => !isProvenThere && prepare(s, target, release.slots),
      () => isBefore && stop.next(outdated(s, background)),
      () => switchTraffic.next(s, target),
      () => persist.next(s, target),
      () => replaceBackground(s, background),
      () => retire(s, otherSlot(s.layout, target), target),
      () => runJobs(s, 'after-watch'),
    ) ?? finish.next('deployed')
  );
}

/** Traffic first, as soon as each service of the old slot can take some; then the rest, until everything is as it was. */
function back(s: Situation): Step {
  const { target, origin, previous } = s.intent;
  // In the middle of a switch the router calls the old slot live before it has noticed that it is dead.
  const isHalfSwitched = target !== origin && s.router.slots[target]?.open;
  const isReady = s.router.live === origin && !isHalfSwitched ? isRunning(s, origin) : canServe(s, origin);
  return (
    first(
      // Half a switch back is finished: until the router has noticed it, the slot that it calls live may be dead.
      () => close.next(s, canServe(s, origin) ? origin : undefined),
      () => previous.slots && !isReady && prepare(s, origin, previous.slots),
      () => switchTraffic.next(s, origin),
      () => persist.next(s, origin),
      () => stop.next(Object.keys(s.layout.jobs).flatMap((service) => ownOf(s, service))),
      () => previous.slots && !isComplete(s, origin) && prepare(s, origin, previous.slots),
      () => replaceBackground(s, everyBackground(s, previous.background)),
      () => target !== origin && retire(s, target),
    ) ?? finish.next('reverted')
  );
}

const first = (...rules: readonly (() => Step | false | undefined)[]): Step | undefined => {
  for (const rule of rules) {
    const step = rule();
    if (step) return step;
  }
  return undefined;
};

/** Each job of that moment has run to its end, once; what an earlier deployment has left of it is gone first. */
function runJobs(s: Situation, at: JobMoment): Step | undefined {
  const due = job.next(s, at);
  const left = due ? leftOf(s, due.service) : [];
  return first(
    () => stop.next(left),
    () => remove.next(left),
    () => due,
  );
}

/** The slot runs the images and has passed the gate. */
function prepare(s: Situation, slot: SlotName, images: Release['slots']): Step | undefined {
  const wanted = wantedInSlot(s, slot, images);
  const old = outdated(s, wanted);
  return first(
    () => drain.next(s, slot, old),
    () => stop.next(old),
    () => remove.next(old),
    () => start.next(s, wanted),
    () => gate.next(s, slot),
  );
}

/** Every background service runs its image, proven; what ran before is stopped and gone first. */
function replaceBackground(s: Situation, wanted: Wanted): Step | undefined {
  const old = outdated(s, wanted);
  return first(
    () => stop.next(old),
    () => remove.next(old),
    () => start.next(s, wanted),
    () => verify.next(s, wanted),
  );
}

/** The slot without traffic is drained, kept warm while its successor is watched, then stopped and removed. */
function retire(s: Situation, slot: SlotName, successor?: SlotName): Step | undefined {
  const containers = containersOfSlot(s, slot);
  return first(
    () => drain.next(s, slot, containers),
    () => successor !== undefined && isRunning(s, slot) && watch.next(s, successor),
    () => stop.next(containers),
    () => remove.next(containers),
  );
}

/** Also the services that the release does not have: they are stopped. */
const everyBackground = ({ layout }: Situation, images: Release['background']): Wanted =>
  Object.fromEntries(Object.keys(layout.background).map((service) => [service, images[service]]));
