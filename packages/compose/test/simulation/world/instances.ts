import type { RoleName, SlotName } from '../../../src/domain/layout.ts';
import type { RouterState } from '../../../src/domain/router-state.ts';
import type { Kernel } from '../kernel.ts';
import type { Shop } from '../layout.ts';
import { MapRouter } from './map-router.ts';
import { SimRouter } from './router.ts';

/** What is named as live while the instances do not agree; no slot is called so. */
export const BOTH: SlotName = 'both';

/** Two HAProxys that route by a map each, in front of the same slots. */
export class Instances extends SimRouter {
  readonly #fronts: readonly MapRouter[];
  #turn = 0;

  constructor(kernel: Kernel, shop: Shop) {
    super(kernel, shop);
    this.#fronts = [1, 2].map(() => new MapRouter(kernel, shop, this.checks));
  }

  override get fronts(): readonly MapRouter[] {
    return this.#fronts;
  }

  get live(): SlotName {
    return this.#common(({ live }) => live) ?? BOTH;
  }

  set live(slot: SlotName) {
    for (const front of this.fronts) front.live = slot;
  }

  get stored(): SlotName | undefined {
    return this.#common(({ stored }) => stored);
  }

  set stored(slot: SlotName | undefined) {
    for (const front of this.fronts) front.stored = slot;
  }

  #common(read: (front: MapRouter) => SlotName | undefined): SlotName | undefined {
    const named = new Set(this.fronts.map(read));
    return named.size === 1 ? [...named][0] : undefined;
  }

  override get isMixed(): boolean {
    return this.fronts.some((front) => front.isMixed);
  }

  targets(role?: RoleName): readonly SlotName[] {
    return [...new Set(this.fronts.flatMap((front) => front.targets(role)))];
  }

  persist(): void {
    for (const front of this.fronts) front.persist();
  }

  warm(slot: SlotName): void {
    this.checks.forget(slot);
  }

  /** One of them, in turn. */
  reload(): void {
    this.fronts[++this.#turn % this.fronts.length]?.reload();
  }

  state(): RouterState {
    throw new Error('each instance is asked by itself');
  }
}
