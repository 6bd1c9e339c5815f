import type { RequestKind } from './load-options.ts';

/**
 * The kind of each request, number by number: smooth weighted round robin, so that every stretch of the run has
 * the mix that was asked for, and two runs have the same.
 */
export function* mix(kinds: readonly RequestKind[]): Generator<RequestKind, never> {
  const shares = kinds.map((kind) => ({ kind, weight: kind.weight ?? 1, credit: 0 }));
  const total = shares.reduce((sum, { weight }) => sum + weight, 0);
  for (;;) {
    for (const share of shares) share.credit += share.weight;
    const next = shares.reduce((most, share) => (share.credit > most.credit ? share : most));
    next.credit -= total;
    yield next.kind;
  }
}

/** How many requests are due `elapsed` milliseconds after the start. The first is due at once. */
export const dueBy = (elapsed: number, rate: number, duration: number): number =>
  Math.min(Math.floor((elapsed * rate) / 1000) + 1, Math.floor((duration * rate) / 1000));

/** When the request of that number is due, in milliseconds after the start. */
export const intendedAt = (index: number, rate: number): number => (index * 1000) / rate;
