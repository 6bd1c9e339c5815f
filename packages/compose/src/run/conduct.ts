import { keptIn } from '../domain/history.ts';
import type { Intent, Outcome } from '../domain/intent.ts';
import type { JournalEntry } from '../domain/journal.ts';
import type { SlotName } from '../domain/layout.ts';
import type { Release } from '../domain/release.ts';
import type { Settings } from '../options/options.ts';
import type { Lock, Ports } from '../ports/index.ts';
import { converge } from './converge.ts';
import { endedBadly } from './ending.ts';
import { retryingPorts } from './retries.ts';
import { nothingSeen, type Run } from './run.ts';
import { signalsOf } from './signals.ts';
import { counters } from './traffic.ts';

/** What a deployment is asked for. */
export interface Order {
  readonly kind: Intent['kind'];
  readonly release: Release;
  readonly slot?: SlotName | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Context {
  readonly settings: Settings;
  readonly ports: Ports;
}

export function newRun(
  { settings, ports }: Context,
  lock: Lock,
  intent: Intent,
  journal: JournalEntry[],
  signal: AbortSignal | undefined,
): Run {
  const { layout, policy } = settings;
  const signals = signalsOf(ports.router, policy);
  const seen = nothingSeen();
  return { ports: retryingPorts(ports), layout, policy, intent, lock, signals, signal, journal, seen };
}

/** Runs it to its end, and tells of it. */
export async function conduct({ ports }: Context, run: Run, resumed: boolean): Promise<Outcome> {
  const { emit, clock } = ports;
  const begun = clock.now();
  emit({ type: 'deploying', intent: run.intent, resumed });
  run.seen.countedAtStart = await counters(run);
  try {
    const outcome = await converge(run);
    emit({ type: 'ended', outcome, duration: clock.now() - begun });
    // What a prune leaves behind is no reason to fail.
    await prune(ports, run.lock).catch(() => {});
    return outcome;
  } catch (error) {
    throw await endedBadly(run, error);
  }
}

async function prune({ engine, ledger }: Ports, lock: Lock): Promise<void> {
  await lock.prune();
  await engine.keepOnly(keptIn(await ledger.read()));
}

/** Whoever had the lock before can do no more harm at the router before anything is decided from what it shows. */
export async function holdingLock<T>(
  { ports }: Context,
  purpose: string,
  work: (lock: Lock) => Promise<T>,
): Promise<T> {
  const lock = await ports.ledger.acquire(purpose);
  try {
    await retryingPorts(ports).router.fence?.(lock.confirm);
    return await work(lock);
  } finally {
    // A lock that cannot be given back is taken over once this process has ended.
    await lock.release().catch(() => {});
  }
}
