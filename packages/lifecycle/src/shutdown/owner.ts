import type { Check } from '@cutover/healthcheck';
import type { Clock } from '@cutover/internal';
import { type ClosingTools, closerOf } from '../closables/closable.ts';
import { LifecycleError } from '../errors.ts';
import type { Host } from '../host.ts';
import type { Budget } from './budget.ts';
import { cutStep, exitStep, listenForExit } from './exit.ts';
import { LateErrors } from './late-errors.ts';
import { runPhases, type Step } from './phases.ts';
import type { Pm2Environment } from './pm2-environment.ts';
import { readStepOptions } from './step-options.ts';
import { DRAINED_TYPE } from './triggers.ts';
import type {
  Closable,
  Shutdown,
  ShutdownEvent,
  ShutdownReason,
  StepOptions,
  StepResult,
  Verdict,
} from './types.ts';
import { judge } from './verdict.ts';

/** A terminal, a shell or a watcher may deliver one Ctrl-C twice within this many milliseconds. */
export const SAME_KEYSTROKE = 500;

export interface OwnerParts {
  readonly host: Host;
  readonly clock: Clock;
  readonly budget: Budget;
  readonly pm2: Pm2Environment | undefined;
  readonly closing: ClosingTools;
  /** Whether the process ends with the shutdown. */
  readonly exit: boolean;
  announce(event: ShutdownEvent): void;
  /** As `announce`, but synchronous, for when later writes would be lost. */
  announceAtExit(event: ShutdownEvent): void;
  /** Kills the process if it is blocked at the deadline; returns a function that cancels that. */
  watch?(reason: ShutdownReason): () => void;
  record(verdict: Verdict): void;
  /** Removes the listeners from the process. */
  release(): void;
}

/** Holds the steps and the single run of a shutdown, and handles every further trigger. */
export class Owner implements Shutdown {
  readonly finished: Promise<Verdict>;
  readonly readiness: Check;
  readonly #parts: OwnerParts;
  readonly #steps = new Set<Step>();
  readonly #begun = new AbortController();
  readonly #force = new AbortController();
  readonly #lateErrors = new LateErrors();
  readonly #done = new Map<Step, StepResult>();
  #began = 0;
  #unwatch: (() => void) | undefined;
  #finish: (verdict: Verdict) => void = () => {};
  #verdict: Verdict | undefined;
  #lastTrigger = 0;

  constructor(parts: OwnerParts) {
    this.#parts = parts;
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.readiness = { name: 'shutdown', run: async () => this.signal.throwIfAborted() };
  }

  get signal(): AbortSignal {
    return this.#begun.signal;
  }

  get draining(): boolean {
    return this.signal.aborted;
  }

  add(name: string, target: Closable, options: StepOptions = {}): () => void {
    const step = readStepOptions(name, options);
    const closer = closerOf(name, target, this.#parts.closing);
    return this.addStep({ ...closer, ...step, name });
  }

  addStep(step: Step): () => void {
    this.#steps.add(step);
    return () => {
      this.#steps.delete(step);
      step.dispose?.();
    };
  }

  ready(): void {
    const { pm2, host, announce } = this.#parts;
    if (this.draining || !pm2) return;
    const taken = host.uptime() * 1000;
    if (pm2.waitReady && taken > pm2.listenTimeout) {
      const message = `ready after ${Math.round(taken)} ms, but PM2 has called it online after ${pm2.listenTimeout} ms; raise listen_timeout`;
      announce({ type: 'warning', code: 'ready-too-late', message });
    }
    host.send?.('ready');
    announce({ type: 'ready' });
  }

  begin(text = 'begin()'): Promise<Verdict> {
    this.trigger({ kind: 'call', text });
    return this.finished;
  }

  /** The first trigger begins the shutdown; each later one has its own effect. */
  trigger(reason: ShutdownReason): void {
    const since = this.#parts.clock.now() - this.#lastTrigger;
    this.#lastTrigger = this.#parts.clock.now();
    if (this.#verdict) this.#afterTheEnd(reason, this.#verdict);
    else if (this.draining) this.#repeated(reason, since);
    else void this.#run(reason);
  }

  #repeated(reason: ShutdownReason, since: number): void {
    if (reason.kind === 'call' || isOwnAbort(reason.error)) return;
    // Announcing an error may cause the next one.
    if (reason.kind === 'error' && !this.#lateErrors.add(reason)) return;
    const forces = this.#isSecondCtrlC(reason) && since > SAME_KEYSTROKE;
    this.#parts.announce({ type: 'repeated', reason, forces });
    if (forces) this.#force.abort(new Error('forced by a second Ctrl-C'));
  }

  dispose(): void {
    this.#parts.release();
    this.#unwatch?.();
    for (const step of this.#steps) step.dispose?.();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Shuts down, then removes all listeners. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.begin('its scope ended');
    this.dispose();
  }

  async #run(reason: ShutdownReason): Promise<void> {
    const { clock, budget, announce } = this.#parts;
    this.#began = clock.now();
    this.#listenForExit(reason);
    announce({ type: 'began', reason, gracePeriod: budget.gracePeriod });
    this.#begun.abort(
      new LifecycleError('shutting-down', { doing: 'working', found: `shutting down after ${reason.text}` }),
    );
    const results = await runPhases(() => [...this.#steps], {
      clock,
      reason,
      ...budget,
      force: this.#force.signal,
      onPhase: (phase) => announce({ type: 'phase', phase }),
      onStep: (result, step) => {
        this.#done.set(step, result);
        announce({ type: 'step', step: result });
      },
    });
    this.#end(this.#judge(reason, [...results, ...this.#lateErrors.results()]));
  }

  #judge(reason: ShutdownReason, steps: readonly StepResult[]): Verdict {
    return judge(reason, this.#parts.clock.now() - this.#began, steps);
  }

  /** Other code may call process.exit() during the shutdown, or the event loop may become empty. */
  #listenForExit(reason: ShutdownReason): void {
    const { host, exit, watch } = this.#parts;
    const standDown = exit && reason.kind !== 'request' ? watch?.(reason) : undefined;
    const unlisten = listenForExit(host, (code) => {
      standDown?.();
      if (!this.#verdict) this.#cutByExit(reason, code);
    });
    this.#unwatch = () => {
      standDown?.();
      unlisten();
    };
  }

  #cutByExit(reason: ShutdownReason, code: number): void {
    const { host, record, announceAtExit } = this.#parts;
    const unfinished = [...this.#steps].filter((step) => !this.#done.has(step)).map(cutStep);
    const late = this.#lateErrors.results();
    const verdict = this.#judge(reason, [...this.#done.values(), ...unfinished, ...late, exitStep(code)]);
    this.#verdict = verdict;
    record(verdict);
    announceAtExit({ type: 'finished', verdict });
    // Exit code 0 would mean clean.
    if (code === 0) host.exitCode = verdict.exitCode;
  }

  #end(verdict: Verdict): void {
    const { announce, record, exit, host } = this.#parts;
    this.#verdict = verdict;
    record(verdict);
    announce({ type: 'finished', verdict });
    this.#finish(verdict);
    if (verdict.reason.kind === 'request') this.#answerRequest(verdict);
    // One turn later, so code that awaits `finished` runs before the end.
    else if (exit) setImmediate(() => host.exit(verdict.exitCode));
    else this.dispose();
  }

  /** After a drain request the process stays, drained, until its supervisor stops it. */
  #afterTheEnd({ kind }: ShutdownReason, verdict: Verdict): void {
    if (kind === 'request') this.#answerRequest(verdict);
    else if (kind !== 'call' && this.#parts.exit) this.#parts.host.exit(verdict.exitCode);
  }

  #answerRequest({ outcome, duration, exitCode }: Verdict): void {
    this.#parts.host.send?.({ type: DRAINED_TYPE, data: { outcome, duration, exitCode } });
  }

  /** PM2 repeats its SIGINT by itself, so under it a repeat never forces; a person at a terminal may. */
  #isSecondCtrlC({ kind, text }: ShutdownReason): boolean {
    const { pm2, host } = this.#parts;
    return kind === 'signal' && text === 'SIGINT' && !pm2 && host.stdin.isTTY === true;
  }
}

/** The rejection of code that waited on the shutdown's signal, for example in a start-up file; not an error. */
const isOwnAbort = (error: unknown): boolean =>
  error instanceof LifecycleError && (error.code === 'shutting-down' || error.code === 'interrupted');
