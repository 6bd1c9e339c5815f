import type { SlotName } from '../../../src/domain/layout.ts';
import type { RouterServer } from '../../../src/domain/router-state.ts';
import type { Kernel, Scheduled } from '../kernel.ts';
import { type Shop, slotOf } from '../layout.ts';

const CHECK_INTERVAL = 200;
const RISE = 2;
const FALL = 2;
/** Milliseconds until the address of a new container is known. */
const RESOLVE = 200;

/** Servers of a service whose containers have names in a row: more than are ever started. */
const MOST_SERVERS = 4;

/** Where a container of a service is found, by the number in its name. */
export interface Server {
  readonly service: string;
  readonly number: number;
}

/** The same number has the same address again, as it often does on a real network. */
export const addressOf = (service: string, number: number): string =>
  `10.${service.length}.${slotOf(service) === 'blue' ? 0 : 1}.${service.startsWith('web') ? 100 + number : number}`;

/** What its checks of one server have come to. */
interface View {
  up: boolean;
  settled: boolean;
  /** Whether a check would pass now. */
  serves: boolean;
  pending?: Scheduled;
}

const unknown = (): View => ({ up: false, settled: false, serves: false });

/**
 * HAProxy's own checks of the servers of both slots: what it believes, which is a while behind what is. A server is
 * where a container has its number, and its successor of that number after it.
 */
export class Checks {
  /** Milliseconds by which it is late to notice that what it checks is gone, or never answered. */
  lateness = 0;
  /** A slot that it believes down whatever its container says, until a moment. */
  disbelieves: { slot: SlotName; until: number } | undefined;
  readonly #servers: ReadonlyMap<string, readonly View[]>;
  readonly #kernel: Kernel;
  readonly #shop: Shop;

  constructor(kernel: Kernel, shop: Shop) {
    this.#kernel = kernel;
    this.#shop = shop;
    const most = shop.roles.length > 1 ? MOST_SERVERS : 1;
    this.#servers = new Map(
      Object.keys(shop.layout.slots).flatMap((slot) =>
        shop.servicesOf(slot).map((service) => [service, Array.from({ length: most }, unknown)] as const),
      ),
    );
  }

  /** Each service of the slot has a server that is up. */
  isUp(slot: SlotName): boolean {
    return !this.#isDoubted(slot) && this.passes(slot);
  }

  /** What its checks say, whatever it shows. */
  passes(slot: SlotName): boolean {
    return this.#shop.servicesOf(slot).every((service) => this.#of(service).some(({ up }) => up));
  }

  /** Up, and by as many checks as it takes, all of them of what is there now. */
  isSettled(slot: SlotName): boolean {
    return (
      !this.#isDoubted(slot) &&
      this.#shop
        .servicesOf(slot)
        .every((service) => this.#of(service).some((view) => view.up && view.settled))
    );
  }

  /** The servers of a service, as it shows them. */
  serversOf(service: string): readonly RouterServer[] {
    const doubted = this.#isDoubted(slotOf(service));
    return this.#of(service).map(({ up, settled }, index) => ({
      up: up && !doubted,
      settled: up && settled && !doubted,
      address: addressOf(service, index + 1),
    }));
  }

  passesAt(server: Server): boolean {
    return this.#at(server).up;
  }

  #isDoubted(slot: SlotName | undefined): boolean {
    return this.disbelieves?.slot === slot && this.#kernel.now < (this.disbelieves?.until ?? 0);
  }

  #of(service: string): readonly View[] {
    const views = this.#servers.get(service);
    if (!views) throw new Error(`no server of ${service} is known`);
    return views;
  }

  #at({ service, number }: Server): View {
    const views = this.#of(service);
    return views[Math.min(number, views.length) - 1] as View;
  }

  /** As it has been for a long time. */
  confirm(server: Server): void {
    Object.assign(this.#at(server), { up: true, settled: true, serves: true });
  }

  /** A name that is found again counts as up before its first check; what does not answer is noticed in time. */
  appeared(server: Server): void {
    const view = this.#at(server);
    if (view.up) return;
    this.#kernel.quietly(RESOLVE, () => {
      if (view.up) return;
      view.up = true;
      if (!view.serves) this.#fall(view);
    });
  }

  /** What it checks begins, or ceases, to answer well. */
  noticed(server: Server, serves: boolean): void {
    const view = this.#at(server);
    view.serves = serves;
    if (serves) this.#rise(view);
    else this.#fall(view);
  }

  /** `set server … health down`: what it believed is forgotten, and only checks from now on count. */
  forget(slot: SlotName): void {
    for (const view of this.#shop.servicesOf(slot).flatMap((service) => this.#of(service))) {
      if (view.pending) view.pending.cancelled = true;
      Object.assign(view, { up: false, settled: false });
      if (view.serves) this.#rise(view);
    }
  }

  /** What a new worker takes over from the state file is up, and at full health only once its own checks have passed. */
  reloaded(): void {
    for (const view of [...this.#servers.values()].flat()) {
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
