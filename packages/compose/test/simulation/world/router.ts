import type { RouterState, SlotName } from '../../../src/core/model.ts';
import type { Kernel, Scheduled } from '../kernel.ts';

const CHECK_INTERVAL = 200;
const RISE = 2;
const FALL = 2;
/** Milliseconds until the address of a new container is known. */
const RESOLVE = 200;

/** What a commit names: a version, and the worker process that counted it. */
export interface Prepared {
  readonly worker: number;
  readonly version: number;
}

/** What its checks of one backend have come to. */
interface Checks {
  up: boolean;
  settled: boolean;
  /** Whether a check would pass now. */
  serves: boolean;
  pending?: Scheduled;
}

const confirmed = (): Checks => ({ up: true, settled: true, serves: true });
const unknown = (): Checks => ({ up: false, settled: false, serves: false });

/** HAProxy that routes by a map: what it has in memory, what its file says, and its own checks of both backends. */
export class SimRouter {
  live: SlotName = 'blue';
  stored: SlotName = 'blue';
  /** Of the map in use, and the last that was prepared; both begin anew with each worker process. */
  #version = 0;
  #prepared = 0;
  #worker = 0;
  /** It does not answer on its socket before this moment. */
  refusesUntil = 0;
  /** It serves nobody before this moment. */
  downUntil = 0;
  /** Milliseconds by which it is late to notice that what it checks is gone, or never answered. */
  lateness = 0;
  /** A slot that it believes down whatever its container says, until a moment. */
  disbelieves: { slot: SlotName; until: number } | undefined;
  readonly #views: Record<SlotName, Checks> = { blue: confirmed(), green: unknown() };

  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  isUp(slot: SlotName): boolean {
    const doubted = this.disbelieves?.slot === slot && this.#kernel.now < this.disbelieves.until;
    return !doubted && this.#of(slot).up;
  }

  /** Up, and by as many checks as it takes, all of them of what is there now. */
  isSettled(slot: SlotName): boolean {
    return this.isUp(slot) && this.#of(slot).settled;
  }

  #of(slot: SlotName): Checks {
    const checks = this.#views[slot];
    if (!checks) throw new Error(`no backend is named ${slot}`);
    return checks;
  }

  /** A name that is found again counts as up before its first check; what does not answer is noticed in time. */
  appeared(slot: SlotName): void {
    const checks = this.#of(slot);
    if (checks.up) return;
    this.#kernel.quietly(RESOLVE, () => {
      if (checks.up) return;
      checks.up = true;
      if (!checks.serves) this.#fall(checks);
    });
  }

  /** What it checks begins, or ceases, to answer well. */
  noticed(slot: SlotName, serves: boolean): void {
    const checks = this.#of(slot);
    checks.serves = serves;
    if (serves) this.#rise(checks);
    else this.#fall(checks);
  }

  /** `set server … health down`: what it believed is forgotten, and only checks from now on count. */
  warm(slot: SlotName): void {
    const checks = this.#of(slot);
    if (checks.pending) checks.pending.cancelled = true;
    Object.assign(checks, { up: false, settled: false });
    if (checks.serves) this.#rise(checks);
  }

  #rise(checks: Checks): void {
    this.#await(checks, RISE * CHECK_INTERVAL, () => Object.assign(checks, { up: true, settled: true }));
  }

  #fall(checks: Checks): void {
    const rounds = FALL * CHECK_INTERVAL + this.lateness;
    this.#await(checks, rounds, () => Object.assign(checks, { up: false, settled: false }));
  }

  #await(checks: Checks, ms: number, run: () => void): void {
    if (checks.pending) checks.pending.cancelled = true;
    checks.pending = this.#kernel.quietly(ms, run);
  }

  /** A version of the map to fill, and what the one in use says; refused for a backend that is down. */
  prepare(to?: SlotName): Prepared & { live: SlotName } {
    if (to !== undefined && !this.isUp(to)) throw new Error(`backend ${to} is not up`);
    return { worker: this.#worker, version: ++this.#prepared, live: this.live };
  }

  /** One atomic commit; refused when a later version is in use. */
  commit({ worker, version }: Prepared, to: SlotName): void {
    if (worker !== this.#worker || version <= this.#version) throw new Error('Version number out of range.');
    this.#version = version;
    this.live = to;
  }

  /** A new worker process reads the file again and knows nothing of what was prepared before. */
  reload(): void {
    this.live = this.stored;
    this.#worker++;
    this.#version = 0;
    this.#prepared = 0;
  }

  state(sessions: (slot: SlotName) => number): RouterState {
    const view = (slot: SlotName) => ({
      up: this.isUp(slot),
      settled: this.isSettled(slot),
      sessions: sessions(slot),
    });
    return { live: this.live, stored: this.stored, slots: { blue: view('blue'), green: view('green') } };
  }
}
