/** What a slot must show before it may take traffic. */
export interface GateRules {
  /** Good answers in a row. */
  readonly passes: number;
  /** Milliseconds without a bad answer. */
  readonly stableFor: number;
  /** Changes between good and bad within `flapWindow` that do not count as flapping yet. */
  readonly maxFlaps: number;
  /** Milliseconds. */
  readonly flapWindow: number;
}

/** A single good answer proves little: three in a row, ten seconds without a bad one, at most two changes a minute. */
export const GATE_RULES: GateRules = { passes: 3, stableFor: 10_000, maxFlaps: 2, flapWindow: 60_000 };

/** What has been seen so far; begins as {@link openGate}. */
export interface GateProgress {
  /** Good answers in a row. */
  readonly streak: number;
  /** When the current run of good answers began. */
  readonly goodSince: number | undefined;
  readonly hasBeenGood: boolean;
  /** The last answer. */
  readonly last: 'good' | 'bad' | undefined;
  /** When answers changed between good and bad, latest last. */
  readonly flips: readonly number[];
}

/** Nothing seen yet. */
export const openGate: GateProgress = {
  streak: 0,
  goodSince: undefined,
  hasBeenGood: false,
  last: undefined,
  flips: [],
};

/** Takes one more answer into account. `at`: milliseconds of a monotonic clock, never less than before. */
export function observe(
  progress: GateProgress,
  { good, at }: { readonly good: boolean; readonly at: number },
  { flapWindow }: GateRules = GATE_RULES,
): GateProgress {
  const last = good ? 'good' : 'bad';
  const recent = progress.flips.filter((flip) => flip > at - flapWindow);
  // A slot begins bad; becoming good for the first time does not count as a change.
  const isFlip = progress.hasBeenGood && last !== progress.last;
  return {
    streak: good ? progress.streak + 1 : 0,
    goodSince: good ? (progress.goodSince ?? at) : undefined,
    hasBeenGood: progress.hasBeenGood || good,
    last,
    flips: isFlip ? [...recent, at] : recent,
  };
}

/** `passed`: let traffic in. `flapping`: answers alternate, so a good one means nothing. `waiting`: keep asking. */
export type GateVerdict = 'passed' | 'flapping' | 'waiting';

export function gateVerdict(
  { streak, goodSince, flips }: GateProgress,
  now: number,
  { passes, stableFor, maxFlaps, flapWindow }: GateRules = GATE_RULES,
): GateVerdict {
  if (flips.filter((flip) => flip > now - flapWindow).length > maxFlaps) return 'flapping';
  const isStable = goodSince !== undefined && now - goodSince >= stableFor;
  return streak >= passes && isStable ? 'passed' : 'waiting';
}
