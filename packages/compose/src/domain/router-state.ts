import type { SlotName } from './layout.ts';

export interface RouterSlot {
  /** The router's own check of it passes. */
  readonly up: boolean;
  /**
   * Up, and by checks that passed since it came up; default `up`. A server whose address has just been found counts as
   * up before its first check.
   */
  readonly settled?: boolean | undefined;
  /** Requests and tunnels in flight. */
  readonly sessions: number;
  /** Where the router sends its traffic, when it says so. */
  readonly address?: string | undefined;
  /**
   * The router sends it new traffic as soon as it is up, also while it is not the live slot. Left out by a router that
   * names one slot only, as a map does.
   */
  readonly open?: boolean | undefined;
}

export interface RouterState {
  /** The slot that takes traffic now; where none can, the one that is meant to. */
  readonly live: SlotName;
  /** The slot that a restarted router would choose. */
  readonly stored: SlotName | undefined;
  readonly slots: Readonly<Record<SlotName, RouterSlot>>;
}
