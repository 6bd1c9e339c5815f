import type { Check } from '@cutover/healthcheck';

/**
 * The phases of a shutdown in their order: `stop` accepts no new work, `drain` finishes existing work, `close` releases
 * resources (databases, caches), `flush` writes the last logs and metrics.
 */
export type Phase = 'stop' | 'drain' | 'close' | 'flush';

/** What began a shutdown. */
export interface ShutdownReason {
  /**
   * `signal`: SIGTERM and the like. `pm2`: PM2's `shutdown` message. `disconnect`: the supervisor is gone. `error`: an
   * uncaught exception or rejection. `request`: {@link askPm2ToDrain}. `call`: `begin()`.
   */
  readonly kind: 'signal' | 'pm2' | 'disconnect' | 'error' | 'request' | 'call';
  /** For people: `SIGTERM`, `uncaughtException: boom`. */
  readonly text: string;
  /** What was thrown, for `error`. */
  readonly error?: unknown;
}

export interface StepResult {
  readonly name: string;
  readonly phase: Phase;
  /**
   * `failed`: it threw. `timeout`: its own timeout passed. `cut`: the shutdown's deadline, or a forced end, cut it.
   * `skipped`: no time was left to start it.
   */
  readonly outcome: 'done' | 'failed' | 'timeout' | 'cut' | 'skipped';
  /** Milliseconds. */
  readonly duration: number;
  /** Why it failed, or what was left when it was cut. */
  readonly note?: string;
}

/** How a shutdown ended. */
export interface Verdict {
  /**
   * `clean`: every step done. `partial`: a step failed or timed out, the rest is done. `forced`: work was cut by the
   * deadline.
   */
  readonly outcome: 'clean' | 'partial' | 'forced';
  readonly reason: ShutdownReason;
  /** Milliseconds from the trigger to the end. */
  readonly duration: number;
  /** 0 clean, 1 after an uncaught error, 3 partial, 4 forced. */
  readonly exitCode: number;
  readonly steps: readonly StepResult[];
}

/** Events during the life and end of a process, each sent as it happens. */
export type ShutdownEvent =
  | { readonly type: 'warning'; readonly code: WarningCode; readonly message: string }
  | { readonly type: 'ready' }
  | { readonly type: 'began'; readonly reason: ShutdownReason; readonly gracePeriod: number }
  | { readonly type: 'repeated'; readonly reason: ShutdownReason; readonly forces: boolean }
  | { readonly type: 'phase'; readonly phase: Phase }
  | { readonly type: 'step'; readonly step: StepResult }
  | { readonly type: 'finished'; readonly verdict: Verdict };

export type WarningCode =
  | 'grace-exceeds-kill-timeout'
  | 'kill-timeout-exceeds-container'
  | 'grace-exceeds-container'
  | 'kill-timeout-default'
  | 'ready-too-late'
  | 'ps-missing'
  | 'init-missing'
  | 'verdict-file';

/** The context of a running step. */
export interface StepContext {
  /** Aborts when the step's time is over. */
  readonly signal: AbortSignal;
  readonly reason: ShutdownReason;
  /** Milliseconds left for this step. */
  remaining(): number;
}

/** A function that closes something, or a thing with one of these methods. */
export type Closable =
  | ((context: StepContext) => unknown)
  | { $disconnect: (...args: never[]) => unknown }
  | { quit: (...args: never[]) => unknown }
  | { end: (...args: never[]) => unknown }
  | { close: (...args: never[]) => unknown }
  | { disconnect: (...args: never[]) => unknown }
  | { stop: (...args: never[]) => unknown }
  | { shutdown: (...args: never[]) => unknown }
  | { tryShutdown: (...args: never[]) => unknown }
  | { flush: (...args: never[]) => unknown }
  | { destroy: (...args: never[]) => unknown }
  | AsyncDisposable
  | Disposable;

export interface StepOptions {
  /**
   * Default `drain` for servers, for workers of queues, Kafka and Temporal, and for what has a `stop`; `flush` for
   * streams and loggers; else `close`.
   */
  phase?: Phase;
  /** Milliseconds for this step alone; default: what the shutdown has left. */
  timeout?: number;
}

/** The owner of a process's end; see `gracefulShutdown`. */
export interface Shutdown extends Disposable, AsyncDisposable {
  /**
   * Adds a step: a function, or a thing that can be closed (a server, Prisma or pg client, Redis, BullMQ or Temporal
   * worker, a stream or logger, anything with `close`, `end`, `quit`, `disconnect`, `stop`, `shutdown`, `destroy` or
   * `$disconnect`). It is done when its promise settles, its callback is called, or its `close`, `end` or `finish`
   * comes. Returns a function that removes the step. Steps of a phase run in parallel; one added when its phase
   * has begun runs with the next.
   * @throws {LifecycleError} `invalid-options`
   */
  add(name: string, close: Closable, options?: StepOptions): () => void;
  /** Aborts as soon as a shutdown begins, with a {@link LifecycleError} `shutting-down`. */
  readonly signal: AbortSignal;
  readonly draining: boolean;
  /** Passes until a shutdown begins; for the `ready` list of a health endpoint. */
  readonly readiness: Check;
  /** Tells PM2 that the process may take traffic (its `wait_ready`); does nothing elsewhere or when draining. */
  ready(): void;
  /** Begins a shutdown, or joins the running one; never rejects. */
  begin(reason?: string): Promise<Verdict>;
  /** Resolves when the shutdown is over, just before the process ends; never rejects. */
  readonly finished: Promise<Verdict>;
  /** Removes every listener; the process is as before. A running shutdown continues. */
  dispose(): void;
}
