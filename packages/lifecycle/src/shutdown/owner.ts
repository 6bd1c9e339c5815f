import type { Check } from '@cutover/healthcheck';
import { type Clock, messageOf } from '@cutover/internal';
import { LifecycleError } from '../errors.ts';
import type { Host } from '../host.ts';
import type { Budget } from './budget.ts';
import { closerOf } from './closable.ts';
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
  /** Whether the process ends with the shutdown. */
  readonly exit: boolean;
  announce(event: ShutdownEvent): void;
  record(verdict: Verdict): void;
  /** Takes away what listens to the process and to the servers. */
  release(): void;
}

/** Holds the steps and the one run of a shutdown, and answers every trigger that comes meanwhile. */
export class Owner implements Shutdown {
  readonly finished: Promise<Verdict>;
  readonly readiness: Check;
  readonly #parts: OwnerParts;
  readonly #steps = new Set<Step>();
  readonly #begun = new AbortController();
  readonly #force = new AbortController();
  readonly #mishaps: StepResult[] = [];
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
    const closer = closerOf(name, target);
    const { phase = closer.phase, timeout } = readStepOptions(name, options);
    return this.addStep({ name, phase, timeout, close: closer.close });
  }

  addStep(step: Step): () => void {
    this.#steps.add(step);
    return () => void this.#steps.delete(step);
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

  /** The first trigger begins the shutdown; each later one has an answer of its own. */
  trigger(reason: ShutdownReason): void {
    const since = this.#parts.clock.now() - this.#lastTrigger;
    this.#lastTrigger = this.#parts.clock.now();
    if (this.#verdict) this.#afterTheEnd(reason, this.#verdict);
    else if (this.draining) this.#repeated(reason, since);
    else void this.#run(reason);
  }

  #repeated(reason: ShutdownReason, since: number): void {
    if (reason.kind === 'call' || isOwnAbort(reason.error)) return;
    const forces = this.#isSecondCtrlC(reason) && since > SAME_KEYSTROKE;
    this.#parts.announce({ type: 'repeated', reason, forces });
    if (reason.kind === 'error') this.#noteMishap(reason);
    if (forces) this.#force.abort(new Error('forced by a second Ctrl-C'));
  }

  dispose(): void {
    this.#parts.release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Shuts down, then lets go. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.begin('its scope ended');
    this.dispose();
  }

  async #run(reason: ShutdownReason): Promise<void> {
    const { clock, budget, announce } = this.#parts;
    const began = clock.now();
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
      onStep: (step) => announce({ type: 'step', step }),
    });
    this.#end(judge(reason, clock.now() - began, [...results, ...this.#mishaps]));
  }

  #end(verdict: Verdict): void {
    const { announce, record, exit, host } = this.#parts;
    this.#verdict = verdict;
    record(verdict);
    announce({ type: 'finished', verdict });
    this.#finish(verdict);
    if (verdict.reason.kind === 'request') this.#answerRequest(verdict);
    // One turn later, so that who awaits `finished` is heard before the end.
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

  #noteMishap({ text, error }: ShutdownReason): void {
    this.#mishaps.push({
      name: text.split(':')[0] ?? text,
      phase: 'drain',
      outcome: 'failed',
      duration: 0,
      note: messageOf(error),
    });
  }
}

/** What waited on our signal, at the top of a start-up file for one, ends with this; it is no error. */
const isOwnAbort = (error: unknown): boolean =>
  error instanceof LifecycleError && (error.code === 'shutting-down' || error.code === 'interrupted');
