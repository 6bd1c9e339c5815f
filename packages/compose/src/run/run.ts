import type { DeployError } from '../domain/errors.ts';
import type { Intent } from '../domain/intent.ts';
import { type JournalEntry, remember } from '../domain/journal.ts';
import { type Layout, type ServiceName, type SlotName, servicesOfSlot } from '../domain/layout.ts';
import type { Policy } from '../domain/policy.ts';
import type { Situation } from '../domain/situation.ts';
import type { Traffic } from '../domain/traffic.ts';
import type { Verdict, WatchSignal } from '../domain/watch-signal.ts';
import type { Lock, Ports } from '../ports/index.ts';
import { observe } from './observe.ts';

/** One deployment by one process: what it was given, and what it has seen so far. */
export interface Run {
  readonly ports: Ports;
  readonly layout: Layout;
  readonly policy: Policy;
  readonly intent: Intent;
  readonly lock: Lock;
  /** By what the new slot is judged while it has the traffic. */
  readonly signals: readonly WatchSignal[];
  /** The caller's wish to stop. */
  readonly signal: AbortSignal | undefined;
  /** Aborts when the new slot goes bad under a step that would have nothing to do with it. */
  readonly alarm?: AbortSignal;
  /** This deployment's entries, kept beside the ledger so that no step has to read it again. */
  readonly journal: JournalEntry[];
  readonly seen: Seen;
}

/** What this process has seen; a successor looks for itself. */
export interface Seen {
  readonly started: Set<string>;
  readonly proven: Set<string>;
  readonly drained: Set<string>;
  watched: boolean;
  keptLost: boolean;
  /** What each signal said in its last looks while the new slot was watched. */
  readonly said: Map<WatchSignal, readonly Verdict[]>;
  /** The look at each signal that is under way; one at a time. */
  readonly looking: Map<WatchSignal, Promise<void>>;
  /** What the router had counted when this process began; undefined where it did not say. */
  countedAtStart: Readonly<Record<SlotName, Traffic>> | undefined;
  /** Whether it was started anew since the switch. */
  routerRestarted: boolean;
  /** Work that bad news has overtaken and that goes on still. */
  readonly pending: Set<Promise<unknown>>;
  /** When the engine went away in the middle of a step, if none was done since. */
  cutOffAt: number | undefined;
  /** Why the deployment went back. */
  failure: DeployError | undefined;
}

export const nothingSeen = (): Seen => ({
  started: new Set(),
  proven: new Set(),
  drained: new Set(),
  watched: false,
  keptLost: false,
  said: new Map(),
  looking: new Map(),
  countedAtStart: undefined,
  routerRestarted: false,
  pending: new Set(),
  cutOffAt: undefined,
  failure: undefined,
});

export const look = (run: Run): Promise<Situation> => situationOf(run);

/** The same of the slots alone, for what has to be known at once. */
export const lookAtSlots = (run: Run): Promise<Situation> =>
  situationOf(
    run,
    Object.keys(run.layout.slots).flatMap((slot) => servicesOfSlot(run.layout, slot)),
  );

async function situationOf(
  { ports, layout, intent, journal, seen }: Run,
  services?: readonly ServiceName[],
): Promise<Situation> {
  const now = await observe(ports, services);
  return { ...now, layout, intent, progress: { ...remember(journal), ...seen } };
}

/** The ledger first, then this process: what is remembered here has been written there. */
export async function write(run: Run, entry: JournalEntry): Promise<void> {
  await run.lock.append(entry);
  run.journal.push(entry);
}

/** What may cut a wait short; the way back is gone to its end. */
export const cancelSignal = ({ journal, signal }: Run): AbortSignal | undefined =>
  remember(journal).direction === 'back' ? undefined : signal;

/** Lets work go on beside the steps that follow; how it ends is not asked. */
export function leaveBehind({ seen: { pending } }: Run, work: Promise<unknown>): void {
  const left = work.then(nothing, nothing).finally(() => pending.delete(left));
  pending.add(left);
}

/** Until nothing acts any more that a step has left behind. */
export async function settlePending({ seen: { pending } }: Run): Promise<void> {
  while (pending.size > 0) await Promise.all(pending);
}

const nothing = () => {};
