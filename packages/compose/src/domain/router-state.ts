import type { RoleName, SlotName } from './layout.ts';

/** One place to which the router sends traffic of a slot: a container, as it knows it. */
export interface RouterServer {
  /** The router's own check of it passes. */
  readonly up: boolean;
  /**
   * Up, and by checks that passed since it came up; default `up`. A server whose address has just been found counts as
   * up before its first check.
   */
  readonly settled?: boolean | undefined;
  /** Where it sends the traffic; left out where it does not say so, or does not know yet. */
  readonly address?: string | undefined;
}

export interface RouterSlot extends Omit<RouterServer, 'address'> {
  /** Requests and tunnels in flight. */
  readonly sessions: number;
  /** Its servers by role, so that each container is looked for among them. Left out, `up` speaks for all of them. */
  readonly servers?: Readonly<Record<RoleName, readonly RouterServer[]>> | undefined;
  /** The slot as each instance of the router has it, where there are several; what is beside it sums them up. */
  readonly instances?: readonly RouterSlot[] | undefined;
  /**
   * The router sends it new traffic as soon as it is up, also while it is not the live slot. Left out by a router that
   * names one slot only, as a map does.
   */
  readonly open?: boolean | undefined;
}

export interface RouterState {
  /**
   * The slot that takes traffic now; where none can, the one that is meant to. Undefined while both do: the instances of
   * the router do not name the same.
   */
  readonly live: SlotName | undefined;
  /** The slot that a restarted router would choose; undefined where that is unknown, or differs between instances. */
  readonly stored: SlotName | undefined;
  readonly slots: Readonly<Record<SlotName, RouterSlot>>;
  /** The slot that each instance names, where there are several. */
  readonly instances?: Readonly<Record<string, SlotName | undefined>> | undefined;
}

/** Each service has a server that is up. */
export const checksOf = (
  servers: Readonly<Record<RoleName, readonly RouterServer[]>>,
): Pick<RouterSlot, 'up' | 'settled'> => {
  const all = Object.values(servers);
  return {
    up: all.every((ofRole) => ofRole.some(({ up }) => up)),
    settled: all.every((ofRole) => ofRole.some(({ up, settled = up }) => settled)),
  };
};

/** Where the traffic of one service of a slot goes, as one instance of the router has it. */
export type View = readonly RouterServer[];

/** … as each instance has it. */
export const viewsOf = (slot: RouterSlot | undefined, role: RoleName): readonly View[] =>
  (slot?.instances ?? [slot]).map((one) =>
    one ? (one.servers?.[role] ?? [{ up: one.up, settled: one.settled }]) : [],
  );
