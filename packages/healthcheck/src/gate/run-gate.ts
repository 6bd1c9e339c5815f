import { bounded, type Clock, messageOf, option, readOptions, systemClock } from '@cutover/internal';
import type { Check } from '../check.ts';
import { refuseOption } from '../errors.ts';
import { type Differential, differentialOf } from './differential.ts';
import { GATE_RULES, type GateProgress, type GateRules, gateVerdict, observe, openGate } from './gate.ts';

export interface GateOptions {
  /** The same check of the live slot; runs whenever the new one is bad. */
  live?: Check;
  /** Default {@link GATE_RULES}. */
  rules?: Partial<GateRules>;
  /** Milliseconds between checks, plus or minus a fifth; default 1,000. */
  interval?: number;
  /** Milliseconds an answer may take; default 3,000. */
  timeout?: number;
  /** Milliseconds for all of it; default 300,000. */
  deadline?: number;
  signal?: AbortSignal;
  /** Called with each answer. */
  onAnswer?: (answer: GateAnswer) => void;
  clock?: Clock;
  /** From 0 to 1; default `Math.random`. */
  random?: () => number;
}

export interface GateAnswer {
  readonly good: boolean;
  /** Why it is bad. */
  readonly error: unknown;
  readonly differential: Differential;
  readonly progress: GateProgress;
}

export interface GateResult {
  /**
   * `passed`; `flapping`; `rejected`: at the deadline the last bad answer was only the new slot's, or the live slot is
   * unknown; `outage`: the live slot was bad as well; `unproven`: good at the deadline, but not for long enough.
   */
  readonly verdict: 'passed' | 'flapping' | 'rejected' | 'outage' | 'unproven';
  readonly answers: number;
  /** Milliseconds. */
  readonly duration: number;
  /** Of the last bad answer. */
  readonly error: unknown;
}

/**
 * Checks a slot until it is proven, flaps, or the deadline comes. An outage of a dependency does not end it early,
 * as it may be temporary.
 * @throws {HealthcheckError} `invalid-options`; the reason of `signal`.
 */
export async function runGate(check: Check, options: GateOptions = {}): Promise<GateResult> {
  const { live, interval, timeout, deadline, signal, onAnswer, clock, random, rules } = read(options);
  const began = clock.now();
  const isGood = (asked: Check) => ask(asked, timeout, signal);
  let progress = openGate;
  let last: GateAnswer | undefined;
  for (let answers = 1; ; answers++) {
    const error = await isGood(check);
    const isLiveGood = error === undefined || !live || (await isGood(live)) === undefined;
    const good = error === undefined;
    progress = observe(progress, { good, at: clock.now() }, rules);
    const answer = { good, error, differential: differentialOf({ next: good, live: isLiveGood }), progress };
    onAnswer?.(answer);
    if (!good) last = answer;
    const duration = clock.now() - began;
    const result = { answers, duration, error: last?.error };
    const verdict = gateVerdict(progress, clock.now(), rules);
    if (verdict !== 'waiting') return { verdict, ...result };
    const pause = interval * (0.8 + 0.4 * random());
    if (duration + pause >= deadline) return { verdict: endOf(answer), ...result };
    await clock.sleep(pause, signal);
  }
}

const endOf = ({ differential }: GateAnswer): GateResult['verdict'] =>
  (({ good: 'unproven', reject: 'rejected', outage: 'outage' }) as const)[differential];

/** Undefined when good, else what the check threw; only the caller's own abort is rethrown. */
async function ask(check: Check, timeout: number, signal: AbortSignal | undefined): Promise<unknown> {
  try {
    await bounded({ timeout, signal }, async (limit) => check.run({ signal: limit }));
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    return error ?? new Error(messageOf(error));
  }
}

const refuse = refuseOption('runGate');

function read(options: GateOptions) {
  const given = readOptions(
    options,
    {
      live: option.object,
      rules: option.object,
      interval: option.duration,
      timeout: option.duration,
      deadline: option.duration,
      signal: option.signal,
      onAnswer: option.function,
      clock: option.object,
      random: option.function,
    },
    { interval: 1_000, timeout: 3_000, deadline: 300_000, clock: systemClock, random: Math.random },
    refuse,
  );
  const rules = readOptions(
    given.rules ?? {},
    {
      passes: option.count,
      stableFor: option.duration,
      maxFlaps: option.wholeNumber,
      flapWindow: option.duration,
    },
    GATE_RULES,
    refuse,
  );
  return { ...given, rules };
}
