import type { CheckDetails } from '../check.ts';
import { HealthcheckError } from '../errors.ts';

/** Milliseconds: a poll of Temporal lasts up to 60 s and is then repeated. */
export const POLLER_AGE = 90_000;

export interface Poller {
  readonly identity: string;
  /** Milliseconds since the epoch, by Temporal's clock. */
  readonly seenAt: number;
}

interface Wanted {
  readonly pollers: 'any' | 'workflow' | 'activity' | 'both';
  readonly maxPollerAge: number;
  readonly identity?: string;
}

/** Whether a worker of the wanted kind still polls. Temporal itself lists pollers of the last 5 minutes. */
export function judgePollers(
  seen: { readonly workflow: readonly Poller[]; readonly activity: readonly Poller[] },
  { pollers, maxPollerAge, identity }: Wanted,
  { doing, now }: { doing: string; now: number },
): CheckDetails {
  const counts = (list: readonly Poller[]) =>
    list.filter(
      (poller) =>
        now - poller.seenAt <= maxPollerAge && (identity === undefined || poller.identity === identity),
    ).length;
  const facts = { workflow: counts(seen.workflow), activity: counts(seen.activity) };
  const good = {
    any: facts.workflow + facts.activity > 0,
    workflow: facts.workflow > 0,
    activity: facts.activity > 0,
    both: facts.workflow > 0 && facts.activity > 0,
  };
  if (good[pollers]) return { facts };
  const found = `${facts.workflow} workflow and ${facts.activity} activity pollers in the last ${maxPollerAge} ms`;
  throw new HealthcheckError('unhealthy', { doing, found, wanted: pollers }, { facts });
}
