import type { RoleName, SlotName } from '../../../src/domain/layout.ts';
import type { RouterState } from '../../../src/domain/router-state.ts';
import { SimRouter } from './router.ts';

/** What a commit names: a version, and the worker process that counted it. */
export interface Prepared {
  readonly worker: number;
  readonly version: number;
}

/** HAProxy that routes by a map: what it has in memory, what its file says, and its own checks of both backends. */
export class MapRouter extends SimRouter {
  /** The slot of each service; one commit sets them all. */
  readonly #routes: Record<RoleName, SlotName> = Object.fromEntries(
    this.shop.roles.map((role) => [role, 'blue']),
  );
  stored: SlotName | undefined = 'blue';
  /** Of the map in use, and the last that was prepared; both begin anew with each worker process. */
  #version = 0;
  #prepared = 0;
  #worker = 0;

  get live(): SlotName {
    return this.#routes[this.shop.roles[0] ?? ''] ?? 'none';
  }

  set live(slot: SlotName) {
    for (const role of this.shop.roles) this.#routes[role] = slot;
  }

  /** One entry alone, as nobody should. */
  route(role: RoleName, slot: SlotName): void {
    this.#routes[role] = slot;
  }

  override get isMixed(): boolean {
    return this.shop.roles.length > 1 && new Set(Object.values(this.#routes)).size > 1;
  }

  targets(role?: RoleName): readonly SlotName[] {
    if (role !== undefined) return [this.#routes[role] ?? 'none'];
    return this.isMixed ? [...new Set(Object.values(this.#routes))] : [this.live];
  }

  persist(): void {
    this.stored = this.live;
  }

  warm(slot: SlotName): void {
    this.checks.forget(slot);
  }

  /** A version of the map to fill, and what the one in use says; refused for a backend that is down. */
  prepare(to?: SlotName): Prepared & { live: SlotName } {
    if (to !== undefined && !this.checks.isUp(to)) throw new Error(`backend ${to} is not up`);
    return { worker: this.#worker, version: ++this.#prepared, live: this.live };
  }

  /** It could commit now, or was loaded anew and has forgotten that it could. */
  get isPrepared(): boolean {
    return this.#prepared > this.#version || (this.#worker > 0 && this.#prepared === 0);
  }

  /** One atomic commit; refused when a later version is in use. */
  commit({ worker, version }: Prepared, to: SlotName): void {
    if (worker !== this.#worker || version <= this.#version) throw new Error('Version number out of range.');
    this.#version = version;
    this.live = to;
  }

  /** It knows nothing of what was prepared before. */
  reload(): void {
    this.live = this.stored ?? 'none';
    this.#worker++;
    this.#version = 0;
    this.#prepared = 0;
  }

  state(sessions: (slot: SlotName) => number): RouterState {
    const view = (slot: SlotName) => ({
      up: this.checks.isUp(slot),
      settled: this.checks.isSettled(slot),
      servers: this.serversOf(slot),
      sessions: sessions(slot),
    });
    return { live: this.live, stored: this.stored, slots: { blue: view('blue'), green: view('green') } };
  }
}
