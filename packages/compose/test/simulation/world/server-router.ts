import { DeployError } from '../../../src/domain/errors.ts';
import { ONLY_ROLE, type SlotName } from '../../../src/domain/layout.ts';
import type { RouterState } from '../../../src/domain/router-state.ts';
import { liveServer } from '../../../src/router/live-server.ts';
import { addressOf } from './checks.ts';
import { SimRouter } from './router.ts';

/** Which servers are set to take traffic, whether or not they are up. */
type Open = Record<SlotName, boolean>;

const NAMES: readonly SlotName[] = ['blue', 'green'];

/**
 * HAProxy with a server for each slot. That a server is down and that it is drained are two things: one that is down and
 * not drained takes traffic as soon as its checks pass again, or its name is found again.
 */
export class ServerRouter extends SimRouter {
  open: Open = { blue: true, green: false };
  #file: Open = { blue: true, green: false };

  get live(): SlotName {
    return this.#live() ?? 'none';
  }

  set live(slot: SlotName) {
    for (const name of NAMES) this.open[name] = name === slot;
  }

  get stored(): SlotName | undefined {
    const open = NAMES.filter((slot) => this.#file[slot]);
    return open.length === 1 ? open[0] : undefined;
  }

  set stored(slot: SlotName | undefined) {
    for (const name of NAMES) this.#file[name] = name === slot;
  }

  #live(): SlotName | undefined {
    const servers = NAMES.map((slot) => ({
      slot,
      open: this.open[slot] ?? false,
      up: this.checks.isUp(slot),
    }));
    return liveServer(servers, this.stored);
  }

  targets(): readonly SlotName[] {
    return NAMES.filter((slot) => this.open[slot] && this.checks.passes(slot));
  }

  /** `set server … state ready`, as the verb does it: only of a server that is drained and at full health. */
  ready(slot: SlotName): void {
    if (!this.checks.isSettled(slot)) throw new Error(`server ${slot} is not at full health`);
    this.open[slot] = true;
  }

  drain(slot: SlotName): void {
    this.open[slot] = false;
  }

  persist(): void {
    this.#file = { ...this.open };
  }

  warm(slot: SlotName): void {
    if (!this.open[slot]) this.checks.forget(slot);
  }

  reload(): void {
    this.open = { ...this.#file };
    this.checks.reloaded();
  }

  state(sessions: (slot: SlotName) => number): RouterState {
    const live = this.#live();
    if (live === undefined)
      throw new DeployError('unknown-slot', { doing: 'looking', found: 'no one server' });
    const view = (slot: SlotName) => {
      const open = this.open[slot] ?? false;
      const settled = this.checks.isSettled(slot);
      const up = open ? this.checks.isUp(slot) : settled;
      const servers = { [ONLY_ROLE]: [{ up, settled, address: addressOf(`api_${slot}`, 1) }] };
      return { up, settled, servers, sessions: sessions(slot), open };
    };
    return { live, stored: this.stored, slots: { blue: view('blue'), green: view('green') } };
  }
}
