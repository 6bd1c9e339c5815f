import type { RouterState, SlotName } from '../../../src/core/model.ts';
import type { Kernel, Scheduled } from '../kernel.ts';

const CHECK_INTERVAL = 200;
const RISE = 2;
const FALL = 2;

/** HAProxy that routes by a map: what it has in memory, what its file says, and its own checks of both backends. */
export class SimRouter {
  live: SlotName = 'blue';
  stored: SlotName = 'blue';
  version = 0;
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

  /** One atomic commit; refused when the backend is down. */
  commit(to: SlotName): void {
    if (!this.isUp(to)) throw new Error(`backend ${to} is not up`);
    this.live = to;
    this.version++;
  }

  /** A reload reads the file again and starts the numbering of versions anew. */
  reload(): void {
    this.live = this.stored;
    this.version = 0;
  }

  state(sessions: (slot: SlotName) => number): RouterState {
    const view = (slot: SlotName) => ({ up: this.isUp(slot), sessions: sessions(slot) });
    return { live: this.live, stored: this.stored, slots: { blue: view('blue'), green: view('green') } };
  }
}
