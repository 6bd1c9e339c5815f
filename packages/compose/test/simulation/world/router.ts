import type { RouterState, SlotName } from '../../../src/core/model.ts';
import type { Kernel, Scheduled } from '../kernel.ts';

const CHECK_INTERVAL = 200;
const RISE = 2;
const FALL = 2;

/** What a commit names: a version, and the worker process that counted it. */
export interface Prepared {
  readonly worker: number;
  readonly version: number;
}

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
  /** A slot that it believes down whatever its container says, until a moment. */
  disbelieves: { slot: SlotName; until: number } | undefined;
  readonly #up = new Map<SlotName, boolean>([['blue', true]]);
  readonly #checks = new Map<SlotName, Scheduled>();

  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  isUp(slot: SlotName): boolean {
    const doubted = this.disbelieves?.slot === slot && this.#kernel.now < this.disbelieves.until;
    return !doubted && this.#up.get(slot) === true;
  }

  /** Its checks notice after a few rounds. */
  noticed(slot: SlotName, serves: boolean): void {
    const pending = this.#checks.get(slot);
    if (pending) pending.cancelled = true;
    const rounds = serves ? RISE : FALL;
    const check = () => void this.#up.set(slot, serves);
    this.#checks.set(slot, this.#kernel.quietly(rounds * CHECK_INTERVAL, check));
  }

  /** A version of the map to fill, and what the one in use says. */
  prepare(): Prepared & { live: SlotName } {
    return { worker: this.#worker, version: ++this.#prepared, live: this.live };
  }

  /** One atomic commit; refused when a later version is in use, or when the backend that it turns to is down. */
  commit({ worker, version }: Prepared, to: SlotName): void {
    if (worker !== this.#worker || version <= this.#version) throw new Error('Version number out of range.');
    if (to !== this.live && !this.isUp(to)) throw new Error(`backend ${to} is not up`);
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
    const view = (slot: SlotName) => ({ up: this.isUp(slot), sessions: sessions(slot) });
    return { live: this.live, stored: this.stored, slots: { blue: view('blue'), green: view('green') } };
  }
}
