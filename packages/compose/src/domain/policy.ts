import type { Check } from '@cutover/healthcheck';
import type { SlotName } from './layout.ts';
import type { WatchSignal } from './watch-signal.ts';

/** What a hook is told. */
export interface HookFacts {
  /** The caller's own name for the release. */
  readonly release: string;
  /** The slot that gets the traffic, or has just got it. */
  readonly to: SlotName;
  /**
   * Aborts when the deployment is asked to stop, when the new slot fails, or when the hook has run for 300 000 ms. Only
   * in the last case the deployment does not wait for the hook to end.
   */
  readonly signal: AbortSignal;
}

/** What the caller runs at the two moments that matter. */
export interface Hooks {
  /**
   * Runs when the new slot is proven and the background services are stopped; if it rejects, or if the
   * deployment is asked to stop meanwhile, traffic never moves.
   */
  beforeSwitch?: (facts: HookFacts) => Promise<void>;
  /**
   * Runs once traffic is on the new slot; if it rejects, traffic goes back, even if it rejects because the deployment
   * is asked to stop. If it resolves then, the background services start before the deployment stops.
   */
  afterSwitch?: (facts: HookFacts) => Promise<void>;
}

/** The proof that a slot may take traffic. */
export interface GatePolicy {
  /** Good looks in a row. Default 3. */
  readonly consecutive: number;
  /** Milliseconds it must have been good without a break. Default 10 000. */
  readonly stableFor: number;
  /** Milliseconds between two looks. Default 500. */
  readonly interval: number;
  /** Milliseconds until it has failed. Default 300 000. */
  readonly timeout: number;
  /**
   * What happens when the container becomes `unhealthy`: `fail` (default) refuses the release at once; `wait` gives a
   * slow start until `timeout` to become healthy. A container that exits or restarts is refused in both cases.
   */
  readonly unhealthy: 'fail' | 'wait';
  /** Further checks, run with every look, and in the watch as well; each is limited to 5 s. */
  readonly checks: readonly Check[];
}

/** What the old slot is given to finish. */
export interface DrainPolicy {
  /** Milliseconds until what is left is announced as cut. Default 60 000. */
  readonly timeout: number;
  /** Milliseconds between two looks. Default 100. */
  readonly interval: number;
}

/** How the new slot is watched while the old one stays warm. */
export interface WatchPolicy {
  /** Milliseconds for which the old slot stays warm once everything else is done. Default 10 000. */
  readonly for: number;
  /** Milliseconds between two looks, from the switch until the old slot is stopped. Default 150. */
  readonly every: number;
  /** The traffic goes back when a signal was bad in `count` of its last `of` looks. Default 2 of 5. */
  readonly failures: { readonly count: number; readonly of: number };
  /**
   * By what the new slot is judged beside its containers, requests through the router and `gate.checks`: `routerErrors()`,
   * `routerLatency()`, any check of `@cutover/healthcheck`, or your own. Default none.
   */
  readonly signals: readonly (WatchSignal | Check)[];
}

/** The proof that a background service runs. */
export interface VerifyPolicy {
  /** Milliseconds it must stay up, and healthy where it has a health check. Default 3 000. */
  readonly stableFor: number;
  /** Milliseconds until it has failed. Default 60 000. */
  readonly timeout: number;
}

export interface Policy {
  readonly gate: GatePolicy;
  readonly drain: DrainPolicy;
  readonly watch: WatchPolicy;
  readonly verify: VerifyPolicy;
  readonly hooks: Hooks;
}

export const DEFAULT_GATE: GatePolicy = {
  consecutive: 3,
  stableFor: 10_000,
  interval: 500,
  timeout: 300_000,
  unhealthy: 'fail',
  checks: [],
};
export const DEFAULT_DRAIN: DrainPolicy = { timeout: 60_000, interval: 100 };
export const DEFAULT_WATCH: WatchPolicy = {
  for: 10_000,
  every: 150,
  failures: { count: 2, of: 5 },
  signals: [],
};
export const DEFAULT_VERIFY: VerifyPolicy = { stableFor: 3_000, timeout: 60_000 };
/** Milliseconds that a job may run. */
export const DEFAULT_JOB_TIMEOUT = 600_000;
/** Milliseconds that Docker waits between SIGTERM and SIGKILL where nobody says otherwise. */
export const DEFAULT_GRACE_PERIOD = 10_000;
