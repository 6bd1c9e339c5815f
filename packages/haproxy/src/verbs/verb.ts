import { bounded, type Clock, type Explanation, option, type TimeoutError } from '@cutover/internal';
import type { Command } from '../commands/command.ts';
import type { Listening } from '../connection/session.ts';
import { HaproxyError, isHaproxyError } from '../errors.ts';
import type { Memory } from './memory.ts';

/** What a verb needs: commands to HAProxy, and a clock. */
export interface Haproxy {
  readonly label: string;
  readonly clock: Clock;
  readonly memory: Memory;
  run<T>(command: Command<T>, signal?: AbortSignal): Promise<T>;
  runAll<T>(commands: readonly Command<T>[], signal?: AbortSignal): Promise<T[]>;
  runLong<T>(command: Command<T>, timeout: number, signal?: AbortSignal): Promise<T>;
  listen(line: string, signal?: AbortSignal): Promise<Listening>;
  /** Makes the next command check the worker behind its connection, however recent the last check is. */
  invalidateWorker(): void;
}

/** Options that every verb has. */
export interface VerbOptions {
  /** Milliseconds for the whole verb. */
  timeout?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Changes nothing; `commands` of the result says what would be sent. Refusals are the same. */
  dryRun?: boolean | undefined;
}

export const VERB_RULES = { timeout: option.limit, signal: option.signal, dryRun: option.boolean } as const;

/** What a verb found, did and found then, both as read from HAProxy. */
export interface Change<T> {
  readonly before: T;
  /** In a dry run the same as `before`. */
  readonly after: T;
  /** The changes sent, word for word; empty when nothing was to be done. */
  readonly commands: readonly string[];
  readonly dryRun: boolean;
}

export interface Step<T> {
  /** "opening app/green" */
  readonly doing: string;
  readonly limits: {
    readonly timeout: number;
    readonly signal?: AbortSignal | undefined;
    readonly dryRun?: boolean | undefined;
  };
  readonly read: (signal: AbortSignal) => Promise<T>;
  /** The commands needed from this state; throws when the step is not allowed, empty when it is already done. */
  readonly plan: (before: T) => readonly Command<true>[];
  readonly done: (now: T) => boolean;
  /** Explains a state that was not reached. */
  readonly explain: (last: T) => Partial<Explanation>;
  /** Milliseconds between looks; default {@link LOOK_AGAIN}. */
  readonly every?: number | undefined;
}

/** Milliseconds between two looks while a change takes effect; longer where a look itself takes long. */
export const LOOK_AGAIN = 2;

/**
 * The least pause between reads, as a multiple of a read's duration: polling takes at most a fifth of HAProxy's
 * time.
 */
const EASE = 4;

/**
 * The shape of every verb: read, plan, change, read until the change has taken effect. A change whose answer was
 * lost is not sent again: the next read shows whether it happened. Both the change and the read check the worker
 * first, so a change that only an old worker has does not count.
 */
export async function carryOut<T>(haproxy: Haproxy, step: Step<T>): Promise<Change<T>> {
  const { dryRun = false } = step.limits;
  let last: T | undefined;
  return within(
    step,
    () => last,
    async (signal) => {
      const before = await step.read(signal);
      last = before;
      const plan = step.plan(before);
      const commands = plan.map(({ line }) => line);
      if (dryRun || (plan.length === 0 && step.done(before)))
        return { before, after: before, commands, dryRun };
      haproxy.invalidateWorker();
      const lost = await changeAll(haproxy, plan, signal);
      haproxy.invalidateWorker();
      const see = (now: T) => {
        last = now;
      };
      const after = await readUntil(haproxy, step, { see, lost, signal });
      return { before, after, commands, dryRun };
    },
  );
}

/** Sends changes one after the other; returns the error of one whose outcome is unknown. */
async function changeAll(
  haproxy: Haproxy,
  plan: readonly Command<true>[],
  signal: AbortSignal,
): Promise<HaproxyError | undefined> {
  for (const command of plan) {
    try {
      await haproxy.run(command, signal);
    } catch (error) {
      if (isHaproxyError(error, 'lost')) return error;
      throw error;
    }
  }
  return undefined;
}

async function readUntil<T>(
  haproxy: Haproxy,
  { read, done, every = LOOK_AGAIN }: Step<T>,
  { see, lost, signal }: { see: (now: T) => void; lost: HaproxyError | undefined; signal: AbortSignal },
): Promise<T> {
  // The fastest read shows what a read costs HAProxy; the rest is load on this machine.
  for (let cost = Number.POSITIVE_INFINITY; ; ) {
    const start = haproxy.clock.now();
    const now = await read(signal);
    see(now);
    if (done(now)) return now;
    if (lost) throw lost;
    cost = Math.min(cost, haproxy.clock.now() - start);
    await haproxy.clock.sleep(Math.max(every, EASE * cost), signal);
  }
}

/** Runs under the verb's own deadline; at the deadline the error has the last state read. */
async function within<T, R>(
  step: Step<T>,
  last: () => T | undefined,
  work: (signal: AbortSignal) => Promise<R>,
): Promise<R> {
  const { timeout, signal } = step.limits;
  const explain = (late: TimeoutError) => {
    const seen = last();
    return new HaproxyError(
      seen === undefined ? 'timeout' : 'not-ready',
      { doing: step.doing, found: late.message, ...(seen === undefined ? {} : step.explain(seen)) },
      { cause: late },
    );
  };
  return bounded({ timeout, signal, explain }, work);
}
