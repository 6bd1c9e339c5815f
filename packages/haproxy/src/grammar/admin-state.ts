/**
 * What was decided about a server, apart from its health. HAProxy prints the bits in decimal; read as hex, 12
 * (configured `disabled`, then drained) would look like maintenance.
 */
export interface AdminState {
  readonly mask: number;
  /** In maintenance: neither traffic nor checks. */
  readonly maint: boolean;
  /** Draining: no new traffic, but checks. */
  readonly drain: boolean;
  /**
   * What was set, for the server or its group: `ready` takes traffic as soon as it is up. A server in maintenance only
   * because its name does not resolve is `ready`, and takes traffic when the name is back.
   */
  readonly set: 'ready' | 'drain' | 'maint';
  /** Where it comes from. */
  readonly origins: readonly AdminOrigin[];
}

export type AdminOrigin =
  | 'forced-maint'
  | 'inherited-maint'
  | 'configured-maint'
  | 'forced-drain'
  | 'inherited-drain'
  | 'resolution-maint'
  | 'hostname-set';

const BITS: readonly (readonly [number, AdminOrigin])[] = [
  [1, 'forced-maint'],
  [2, 'inherited-maint'],
  [4, 'configured-maint'],
  [8, 'forced-drain'],
  [16, 'inherited-drain'],
  [32, 'resolution-maint'],
  [64, 'hostname-set'],
];

/** `configured-maint` only tells where it began (a server made ready keeps it), so it counts in neither mask. */
const SET_MAINT = 1 | 2;
const MAINT = SET_MAINT | 32;
const DRAIN = 8 | 16;

export const readAdminState = (mask: number): AdminState => ({
  mask,
  maint: (mask & MAINT) !== 0,
  drain: (mask & MAINT) === 0 && (mask & DRAIN) !== 0,
  set: mask & SET_MAINT ? 'maint' : mask & DRAIN ? 'drain' : 'ready',
  origins: BITS.filter(([bit]) => mask & bit).map(([, origin]) => origin),
});
