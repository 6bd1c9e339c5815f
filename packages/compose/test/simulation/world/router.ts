import type { RoleName, SlotName } from '../../../src/domain/layout.ts';
import type { RouterSlot, RouterState } from '../../../src/domain/router-state.ts';
import type { Kernel } from '../kernel.ts';
import type { Shop } from '../layout.ts';
import { Checks } from './checks.ts';

/** HAProxy as a deployment meets it: by a map, or by the states of two servers in one backend. */
export type Way = 'map' | 'server';

/** What both ways have in common: who takes traffic, what a restart would choose, and the checks. */
export abstract class SimRouter {
  readonly checks: Checks;
  /** It does not answer on its socket before this moment. */
  refusesUntil = 0;
  /** It serves nobody before this moment. */
  downUntil = 0;

  protected readonly shop: Shop;

  constructor(kernel: Kernel, shop: Shop, checks = new Checks(kernel, shop)) {
    this.shop = shop;
    this.checks = checks;
  }

  /** The processes that take requests; a request meets one of them. */
  get fronts(): readonly SimRouter[] {
    return this.#alone;
  }

  readonly #alone: readonly SimRouter[] = [this];

  /** The servers of a slot by role. */
  protected serversOf(slot: SlotName): NonNullable<RouterSlot['servers']> {
    const services = this.shop.servicesOf(slot);
    return Object.fromEntries(
      this.shop.roles.map((role, index) => [role, this.checks.serversOf(services[index] ?? '')]),
    );
  }

  /** The slot that a deployment takes for the live one; setting it is what somebody does behind its back. */
  abstract live: SlotName;
  /** The slot that a restart would choose. */
  abstract stored: SlotName | undefined;
  /** The slots to which requests go at this moment: all of them, or those for one service. */
  abstract targets(role?: RoleName): readonly SlotName[];
  /** Requests for one service go to another slot than those for the next. */
  get isMixed(): boolean {
    return false;
  }
  /** What is in memory is written down, whatever the caller believes. */
  abstract persist(): void;
  /** Only checks from now on count for a slot without traffic. */
  abstract warm(slot: SlotName): void;
  /** A new worker process reads the file again. */
  abstract reload(): void;
  abstract state(sessions: (slot: SlotName) => number): RouterState;
}
