import type { SlotName } from '../../../src/domain/layout.ts';
import type { Kernel, Scheduled } from '../kernel.ts';

const CHECK_INTERVAL = 200;
const RISE = 2;
const FALL = 2;
/** Milliseconds until the address of a new container is known. */
const RESOLVE = 200;

/** What its checks of one backend or server have come to. */
interface View {
  up: boolean;
  settled: boolean;
  /** Whether a check would pass now. */
  serves: boolean;
  pending?: Scheduled;
}

const confirmed = (): View => ({ up: true, settled: true, serves: true });
const unknown = (): View => ({ up: false, settled: false, serves: false });

/** HAProxy's own checks of both slots: what it believes, which is a while behind what is. */
export class Checks {
  /** Milliseconds by which it is late to notice that what it checks is gone, or never answered. */
  lateness = 0;
  /** A slot that it believes down whatever its container says, until a moment. */
  disbelieves: { slot: SlotName; until: number } | undefined;
  readonly #views: Record<SlotName, View> = { blue: confirmed(), green: unknown() };
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  isUp(slot: SlotName): boolean {
    const doubted = this.disbelieves?.slot === slot && this.#kernel.now < this.disbelieves.until;
    return !doubted && this.passes(slot);
  }

  /** What its checks say, whatever it shows. */
  passes(slot: SlotName): boolean {
    return this.#of(slot).up;
  }

  /** Up, and by as many checks as it takes, all of them of what is there now. */
  isSettled(slot: SlotName): boolean {
    return this.isUp(slot) && this.#of(slot).settled;
  }

  #of(slot: SlotName): View {
    const view = this.#views[slot];
    if (!view) throw new Error(`no slot is named ${slot}`);
    return view;
  }

  /** A name that is found again counts as up before its first check; what does not answer is noticed in time. */
  appeared(slot: SlotName): void {
    const view = this.#of(slot);
    if (view.up) return;
    this.#kernel.quietly(RESOLVE, () => {
      if (view.up) return;
      view.up = true;
      if (!view.serves) this.#fall(view);
    });
  }

  /** What it checks begins, or ceases, to answer well. */
  noticed(slot: SlotName, serves: boolean): void {
    const view = this.#of(slot);
    view.serves = serves;
    if (serves) this.#rise(view);
    else this.#fall(view);
  }

  /** `set server … health down`: what it believed is forgotten, and only checks from now on count. */
  forget(slot: SlotName): void {
    const view = this.#of(slot);
    if (view.pending) view.pending.cancelled = true;
    Object.assign(view, { up: false, settled: false });
    if (view.serves) this.#rise(view);
  }

  /** What a new worker takes over from the state file is up, and at full health only once its own checks have passed. */
  reloaded(): void {
    for (const view of Object.values(this.#views)) {
      view.settled = false;
      if (view.serves) this.#rise(view);
    }
  }

  #rise(view: View): void {
    this.#await(view, RISE * CHECK_INTERVAL, () => Object.assign(view, { up: true, settled: true }));
  }

  #fall(view: View): void {
    const rounds = FALL * CHECK_INTERVAL + this.lateness;
    this.#await(view, rounds, () => Object.assign(view, { up: false, settled: false }));
  }

  #await(view: View, ms: number, run: () => void): void {
    if (view.pending) view.pending.cancelled = true;
    view.pending = this.#kernel.quietly(ms, run);
  }
}
