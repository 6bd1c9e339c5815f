import { bounded } from '@cutover/internal';
import { remember } from '../domain/journal.ts';
import type { SlotName } from '../domain/layout.ts';
import { type Compared, type Counted, since, type Traffic } from '../domain/traffic.ts';
import type { Run } from './run.ts';

/** Milliseconds that the router may take to say what it has counted: nothing waits for that. */
const TIMEOUT = 2_000;

type Counters = Readonly<Record<SlotName, Traffic>>;

/** What the router has counted; undefined where it counts nothing, does not answer, or no signal is there to judge it. */
export async function counters({
  ports: { router, clock },
  policy,
}: Pick<Run, 'ports' | 'policy'>): Promise<Counters | undefined> {
  if (!router.traffic || policy.watch.signals.length === 0) return undefined;
  return bounded({ timeout: TIMEOUT, clock }, router.traffic).catch(() => undefined);
}

/** What is to be compared later, when the traffic is about to go to the slot `to`. */
export async function countedBefore(
  run: Run,
  { to, from }: { readonly to: SlotName; readonly from: SlotName },
): Promise<Counted | undefined> {
  const now = await counters(run);
  const [there, here] = [now?.[to], now?.[from]];
  return there && here && { there, before: since(run.seen.countedAtStart?.[from], here) };
}

/** What the new slot and the old one have had. A router that has started anew since the switch has forgotten what was before. */
export async function traffic(run: Run): Promise<Compared | undefined> {
  const { seen, intent, journal } = run;
  const { counted } = remember(journal);
  const now = counted && (await counters(run))?.[intent.target];
  if (!now) return undefined;
  if (now.requests < counted.there.requests) seen.routerRestarted = true;
  return { now: since(seen.routerRestarted ? undefined : counted.there, now), before: counted.before };
}
