/** What a router has counted of a slot since it started. */
export interface Traffic {
  readonly requests: number;
  /** Those that were not answered well: 5xx, also of the router in place of the slot, or an answer that was cut off. */
  readonly errors: number;
  /** Milliseconds to the answer, as the router averages them over its latest requests; left out where it does not. */
  readonly latency?: number | undefined;
}

/** What is noted when the traffic goes to a slot, so that it can be compared later. */
export interface Counted {
  /** What the router had counted of that slot. */
  readonly there: Traffic;
  /** What the old slot has had in this deployment. */
  readonly before: Traffic;
}

/** What one slot has had since it got the traffic, and the other one before that, in the same deployment. */
export interface Compared {
  readonly now: Traffic;
  readonly before: Traffic;
}

/** What was counted from `then` to `now`; all of it where the router has started anew in between. */
export function since(then: Traffic | undefined, now: Traffic): Traffic {
  if (then === undefined || now.requests < then.requests) return now;
  // A router may count as failed what turns out to be answered.
  const errors = Math.max(0, now.errors - then.errors);
  return { ...now, requests: now.requests - then.requests, errors };
}

/** Of several services or instances together. */
export function sumOfTraffic(parts: readonly Traffic[]): Traffic {
  const requests = parts.reduce((sum, part) => sum + part.requests, 0);
  const errors = parts.reduce((sum, part) => sum + part.errors, 0);
  const timed = parts.filter((part) => part.latency !== undefined && part.requests > 0);
  const times = timed.reduce((sum, part) => sum + part.requests, 0);
  const latency = timed.reduce((sum, part) => sum + (part.latency ?? 0) * (part.requests / times), 0);
  return { requests, errors, ...(timed.length > 0 && { latency }) };
}
