import type { SlotName } from '../domain/layout.ts';

/** The server of a slot, as far as it decides who takes the traffic. */
export interface SlotServer {
  readonly slot: SlotName;
  /** It is set to take traffic, whether or not it is up. */
  readonly open: boolean;
  /** It is up, so that it takes traffic if it is open. */
  readonly up: boolean;
}

/**
 * The slot that takes the traffic: of the open servers the one that is up. With both up, in the middle of a switch, or
 * none, it is the one that a restarted HAProxy would choose; undefined where that decides nothing either.
 */
export function liveServer(
  servers: readonly SlotServer[],
  stored: SlotName | undefined,
): SlotName | undefined {
  const open = servers.filter((server) => server.open);
  const up = open.filter((server) => server.up);
  const candidates = up.length > 0 ? up : open;
  const [only] = candidates;
  return candidates.length === 1 ? only?.slot : candidates.find(({ slot }) => slot === stored)?.slot;
}
