import type { Clock } from '@cutover/internal';
import { engineLost } from '../../src/engine/lost.ts';
import type { CallFault } from './faults.ts';
import type { Kernel, Scheduled } from './kernel.ts';

/** An engine or a router that does not answer: after this long its client gives up. */
export const CALL_TIMEOUT = 10_000;

/** Milliseconds after which whoever was not answered has asked again. */
const RECOVERS = 3_000;

/** Milliseconds between a look and the effect that follows from it. */
const BLINK = 100;

/** What goes wrong at the latest of a process's calls, and what the world does at that moment. */
export interface Mischief {
  at(calls: readonly Boundary[]): CallFault | undefined;
  latency(): number;
}

export interface Call<T> {
  readonly name: string;
  /** False for a mere look. */
  readonly mutates: boolean;
  /** Which link it needs: a network can be cut to one resource only. */
  readonly to: 'engine' | 'router' | 'instance' | 'files';
  /** The work at the resource. It answers when it is done, which may be long after. */
  readonly serve: (answer: (result: T) => void, refuse: (error: Error) => void) => void;
  /** The router itself refuses it when it comes too late, so it may come as late as it likes. */
  readonly fenced?: boolean;
  /** How long a client waits for a lost answer. */
  readonly patience?: number | undefined;
}

/** A call as a plan sees it. */
export type Boundary = Pick<Call<unknown>, 'name' | 'mutates'>;

export interface Journal {
  note(actor: string, text: string): void;
}

/**
 * A process that deploys: it can die, be paused and be woken, and its every call to the outside is three events —
 * the request arrives, it takes effect, the answer comes back — each of which can go wrong by itself.
 */
export class Process {
  alive = true;
  /** Every call that it made, in order: the boundaries at which something can go wrong. */
  readonly calls: Boundary[] = [];
  readonly controller = new AbortController();
  readonly cut = new Set<Call<unknown>['to']>();
  #frozen: (() => void)[] | undefined;
  #diedAt = 0;
  #suspended = 0;
  #frozenAt = 0;
  /** Its pauses and the looks that took long: what happened meanwhile it learned later, or not at all. */
  readonly #lapses: { readonly from: number; readonly to: number }[] = [];

  readonly kernel: Kernel;
  readonly name: string;
  readonly pid: number;
  readonly #mischief: Mischief;
  readonly #journal: Journal;
  /** How fast its clock goes against true time. */
  readonly rate: number;
  /** Until then one of its calls may be without an answer. */
  hinderedUntil = 0;

  constructor(options: {
    kernel: Kernel;
    name: string;
    pid: number;
    mischief: Mischief;
    journal: Journal;
    /** How fast its clock goes against true time. */
    rate: number;
  }) {
    this.kernel = options.kernel;
    this.name = options.name;
    this.pid = options.pid;
    this.#mischief = options.mischief;
    this.#journal = options.journal;
    this.rate = options.rate;
  }

  /** Its own monotonic clock, which started somewhere else and may be slow or fast. */
  readonly clock: Clock = {
    now: () => 1_000_000 * this.pid + (this.kernel.now - this.#suspended) * this.rate,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const onAbort = () => {
          timer.cancelled = true;
          reject(signal?.reason);
        };
        const timer: Scheduled = this.kernel.after(ms / this.rate, () =>
          this.#inside(() => {
            signal?.removeEventListener('abort', onAbort);
            resolve();
          }),
        );
        signal?.addEventListener('abort', onAbort, { once: true });
      }),
  };

  die(): void {
    if (!this.alive) return;
    this.#journal.note(this.name, 'is killed');
    this.alive = false;
    this.#diedAt = this.kernel.now;
  }

  interrupt(): void {
    if (this.alive && !this.controller.signal.aborted) {
      this.#journal.note(this.name, 'gets SIGINT');
      this.#inside(() => this.controller.abort(new Error('asked to stop by SIGINT')));
    }
  }

  /** Stands still for `ms`; with `clockToo` as a suspended machine does. */
  freeze(ms: number, clockToo: boolean): void {
    if (this.#frozen) return;
    this.#journal.note(this.name, `is ${clockToo ? 'suspended' : 'paused'} for ${ms} ms`);
    this.#frozen = [];
    this.#frozenAt = this.kernel.now;
    this.kernel.after(ms, () => {
      if (clockToo) this.#suspended += this.kernel.now - this.#frozenAt;
      this.#lapse(this.#frozenAt);
      const waiting = this.#frozen ?? [];
      this.#frozen = undefined;
      this.#journal.note(this.name, 'wakes');
      for (const run of waiting) this.#inside(run);
    });
  }

  /** Milliseconds since its death; 0 while it lives. */
  get deadFor(): number {
    return this.alive ? 0 : this.kernel.now - this.#diedAt;
  }

  get isFrozen(): boolean {
    return this.#frozen !== undefined;
  }

  /** What it knows at `moment` was true at this time; of anything later it may be ignorant. */
  knowsUntil(moment: number): number {
    let known = moment - BLINK;
    for (const { from, to } of this.#lapses.toReversed())
      if (to >= known && to <= moment) known = Math.min(known, from - BLINK);
    return known;
  }

  #hindered(ms: number): void {
    this.hinderedUntil = Math.max(this.hinderedUntil, this.kernel.now + ms + RECOVERS);
  }

  #lapse(from: number): void {
    const to = this.kernel.now;
    if (to - from > BLINK) this.#lapses.push({ from, to });
  }

  call<T>(call: Call<T>): Promise<T> {
    this.calls.push(call);
    return new Promise((resolve, reject) => {
      const fault = this.alive ? this.#mischief.at(this.calls) : undefined;
      if (!this.alive) return;
      const send = () => this.#send(call, fault, resolve, reject);
      if (this.#frozen && fault?.do !== 'freeze-sent') this.#frozen.push(send);
      else send();
    });
  }

  #send<T>(call: Call<T>, fault: CallFault | undefined, resolve: (value: T) => void, reject: Fail): void {
    const { kernel, name } = this;
    const latency = this.#mischief.latency();
    const ms = fault?.ms ?? 0;
    const kind = fault?.do;
    const back = (delay: number, run: () => void) => kernel.after(delay, () => this.#inside(run));
    const patience = call.patience ?? CALL_TIMEOUT;
    if (kind) this.#hindered(Math.max(patience, ms));
    const timeout = () => {
      this.#hindered(patience);
      const late = `${call.name}: no answer`;
      back(patience, () => reject(call.to === 'engine' ? engineLost(late, undefined) : new Error(late)));
    };
    if (this.cut.has(call.to) || kind === 'lose-request') return void timeout();
    if (kind === 'refuse') {
      const refused = `${call.name}: refused`;
      return void back(latency, () =>
        reject(call.to === 'engine' ? engineLost(refused, undefined) : new Error(refused)),
      );
    }
    const deaf = kind === 'lose-reply' || kind === 'late-apply' || kind === 'false-error';
    if (deaf && kind !== 'false-error') timeout();
    let settled = false;
    const answering =
      <V>(settle: (value: V) => void) =>
      (value: V) => {
        if (settled || deaf) return;
        settled = true;
        if (this.cut.has(call.to)) return void timeout();
        const seen = kernel.now;
        back(latency + (kind === 'late-reply' || kind === 'stale' ? ms : 0), () => {
          if (!call.mutates) this.#lapse(seen);
          settle(value);
        });
      };
    const serve = () => {
      // It says so at once, whatever goes on there.
      if (kind === 'false-error') back(latency, () => reject(new Error(`${call.name}: failed, it says`)));
      if (call.mutates || kind) this.#journal.note(name, kind ? `${call.name} (${kind})` : call.name);
      call.serve(answering(resolve), answering(reject));
    };
    // A local socket, a local file: what cannot be refused there comes soon, or never; a dead process's at once.
    const swift = call.to === 'files' || (call.to !== 'engine' && !call.fenced);
    const late = kind === 'late-apply' || (kind === 'die-late' && !swift);
    const delay = latency + (late ? Math.min(ms, swift ? CALL_TIMEOUT / 2 : ms) : 0);
    // What a process writes into a file late is not written once it has died.
    const isGivenUp = () => call.to === 'files' && late && !this.alive;
    const landing = kernel.quietly(delay, () => isGivenUp() || serve());
    kernel.landing = Math.max(kernel.landing, landing.at);
    if (late) kernel.lateLanding = Math.max(kernel.lateLanding, landing.at);
    // Nobody repeats the write of a file but the process itself.
    if (kind === 'double') {
      const again = kernel.quietly(latency + 1 + (call.to === 'files' ? 0 : ms), () =>
        call.serve(nothing, nothing),
      );
      kernel.landing = Math.max(kernel.landing, again.at);
    }
    if (kind === 'die-sent' || kind === 'die-late') this.die();
  }

  /** What a process does happens only while it lives and is not frozen. */
  #inside(run: () => void): void {
    if (!this.alive) return;
    if (this.#frozen) this.#frozen.push(run);
    else run();
  }
}

type Fail = (error: Error) => void;
const nothing = () => {};
