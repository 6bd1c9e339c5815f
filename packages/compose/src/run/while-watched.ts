import { linkSignals } from '@cutover/internal';
import { DeployError } from '../domain/errors.ts';
import { faultOf, hasWarmWayBack } from '../domain/fitness.ts';
import { type SlotName, slotInWords } from '../domain/layout.ts';
import type { Situation } from '../domain/situation.ts';
import type { WatchSignal } from '../domain/watch-signal.ts';
import { leaveBehind, lookAtSlots, type Run } from './run.ts';
import { faultOfSignals, nextLook } from './signals.ts';

/**
 * Does `work` while the new slot, which has the traffic, is watched. Bad news rejects at once and cuts the waits of
 * `work` short; what cannot be cut goes on, in `run.seen.pending`, and is waited for before any step but a switch.
 */
export async function whileWatched(run: Run, work: (watched: Run) => Promise<void>): Promise<void> {
  const alarm = new AbortController();
  const cut = linkSignals(run.signal, alarm.signal);
  const over = new AbortController();
  const working = work({ ...run, signal: cut.signal, alarm: alarm.signal });
  const failing = untilFailing(run, over.signal);
  try {
    const failure = await Promise.race([working, failing]);
    if (failure) throw failure;
  } catch (error) {
    alarm.abort(error);
    leaveBehind(run, working);
    throw error;
  } finally {
    over.abort();
    cut[Symbol.dispose]();
  }
}

/** Resolves with what is wrong with the new slot, as soon as something is and the old one could take the traffic. */
const untilFailing = (run: Run, over: AbortSignal): Promise<DeployError | undefined> =>
  // Beside each other: a request that hangs must not keep a crash from being seen.
  Promise.race([failureByLook, ...run.signals.map(failureBySignal)].map((check) => repeat(run, over, check)));

async function repeat(
  run: Run,
  over: AbortSignal,
  check: (run: Run) => Promise<DeployError | undefined>,
): Promise<DeployError | undefined> {
  while (!over.aborted) {
    // What is not answered is no bad news: the step under way will say so.
    const failure = await check(run).catch(() => undefined);
    if (failure) return failure;
    await run.ports.clock.sleep(run.policy.watch.every, over).catch(() => {});
  }
  return undefined;
}

const failureByLook = async (run: Run): Promise<DeployError | undefined> =>
  failureOf(run, await lookAtSlots(run));

/** What a look and the signals so far say against the new slot, while the old one is warm. */
export function failureOf(run: Run, situation: Situation): DeployError | undefined {
  if (!hasWarmWayBack(situation)) return undefined;
  const { target } = situation.intent;
  const why = faultOf(situation, target) ?? faultOfSignals(run);
  return why === undefined ? undefined : watchFailed(run, target, why, { warm: true });
}

const failureBySignal = (signal: WatchSignal) => async (run: Run) => {
  await nextLook(run, signal);
  return faultOfSignals(run) === undefined ? undefined : failureByLook(run);
};

/** `warm`: the old slot was just seen able to take the traffic. */
export const watchFailed = (run: Run, slot: SlotName, found: string, facts: { warm: boolean }): DeployError =>
  new DeployError(
    'watch-failed',
    {
      doing: `watching ${slot}, which has the traffic`,
      found,
      wanted: 'a slot that serves as well as it did when it was proven',
      fix: `read the output of ${slotInWords(run.layout, slot)} above, fix the release and deploy it again`,
    },
    { facts },
  );
