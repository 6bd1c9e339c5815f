import type { ShutdownReason, StepResult } from './types.ts';
import { judge, verdictLine } from './verdict.ts';
import { verdictText } from './verdict-file.ts';

/** Milliseconds after the deadline in which the process may still end by itself; less than `BUDGET_MARGIN`. */
export const WATCHDOG_MARGIN = 100;

/** A shutdown that has begun. */
export interface Watched {
  readonly reason: ShutdownReason;
  readonly pid: number;
  /** Milliseconds from now to its deadline. */
  readonly gracePeriod: number;
  /** The verdict file, if there is one. */
  readonly path: string | undefined;
}

// Inline, not in a separate file, so it works with every bundler. The wait needs no event loop.
const PROGRAM = `
const { workerData: { over, timeout, pid, line, path, text } } = require('node:worker_threads');
const { writeFileSync, renameSync, writeSync } = require('node:fs');
const ignoringErrors = (work) => { try { work(); } catch {} };
if (Atomics.wait(over, 0, 0, timeout) === 'timed-out') {
  if (path) ignoringErrors(() => { writeFileSync(path + '.tmp', text); renameSync(path + '.tmp', path); });
  ignoringErrors(() => writeSync(2, line + '\\n'));
  process.kill(pid, 'SIGKILL');
}`;

/**
 * Kills this process if it is blocked at its deadline, which its own timers cannot do: a loop over a closed client
 * (`for (;;) await redis.brpop(…).catch(log)`) lets no timer run, and without a supervisor nothing else ends the
 * process. Costs a thread (7 MB, 10 to 20 ms) from the beginning of a shutdown on, and nothing before. As process 1
 * of a container it cannot kill. Returns a function that cancels it.
 */
export function startWatchdog({ reason, pid, gracePeriod, path }: Watched): () => void {
  const timeout = gracePeriod + WATCHDOG_MARGIN;
  const note = 'stayed blocked, so the process was killed';
  const step: StepResult = { name: 'event loop', phase: 'drain', outcome: 'cut', duration: timeout, note };
  const verdict = judge(reason, timeout, [step]);
  const over = new Int32Array(new SharedArrayBuffer(4));
  const text = verdictText({ pid, ...verdict });
  try {
    if (isWanted()) start({ over, timeout, pid, line: verdictLine(verdict), path, text });
  } catch {
    // Threads may be forbidden, or memory short: then only a supervisor's SIGKILL remains.
  }
  return () => {
    Atomics.store(over, 0, 1);
    Atomics.notify(over, 0);
  };
}

function start(workerData: object): void {
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  const worker = new Worker(PROGRAM, {
    eval: true,
    workerData,
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2, codeRangeSizeMb: 2 },
  });
  worker.on('error', () => {});
  worker.unref();
}

/** A process at a breakpoint must not be killed, nor a process because of one of its threads. */
const isWanted = (): boolean =>
  process.getBuiltinModule('node:inspector').url() === undefined &&
  process.getBuiltinModule('node:worker_threads').isMainThread;
