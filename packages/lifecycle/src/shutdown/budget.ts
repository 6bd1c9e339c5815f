import type { Pm2Environment } from './pm2-environment.ts';

/** Milliseconds for a whole shutdown outside PM2: below the 10 s that Docker gives by default. */
export const DEFAULT_GRACE_PERIOD = 9_000;
/** Milliseconds kept free below PM2's kill_timeout, to write the verdict before SIGKILL. */
export const BUDGET_MARGIN = 200;
/** Milliseconds in which answers carry `Connection: close` before idle sockets end. */
export const DEFAULT_LAME_DUCK = 1_500;
/** At most this much of the grace period, in milliseconds, is kept from draining for `close` and `flush`. */
export const MAX_RESERVE = 1_000;

/** How a shutdown's time is divided; all in milliseconds. */
export interface Budget {
  readonly gracePeriod: number;
  readonly lameDuck: number;
  /** Kept for the phases after `drain`. */
  readonly reserve: number;
}

/** Divides the time: as configured, but never more than PM2 allows. */
export function planBudget(
  asked: { readonly gracePeriod?: number; readonly lameDuck?: number },
  pm2: Pick<Pm2Environment, 'killTimeout'> | undefined,
): Budget {
  const most = pm2
    ? Math.max(pm2.killTimeout - BUDGET_MARGIN, pm2.killTimeout / 2)
    : Number.POSITIVE_INFINITY;
  const gracePeriod = Math.min(asked.gracePeriod ?? (pm2 ? most : DEFAULT_GRACE_PERIOD), most);
  return {
    gracePeriod,
    lameDuck: Math.min(asked.lameDuck ?? Math.min(DEFAULT_LAME_DUCK, gracePeriod / 3), gracePeriod),
    reserve: Math.min(MAX_RESERVE, gracePeriod * 0.2),
  };
}
