import type { Clock } from '@cutover/internal';
import type { Identity } from './identity.ts';
import type { Notes } from './notes.ts';

/** What a ledger knows of the machine it is used on. */
export interface Surroundings {
  readonly clock: Clock;
  /** The date, for people only. */
  readonly date: () => Date;
  /** Different each time. */
  readonly newToken: () => string;
  readonly identify: () => Promise<Identity>;
  /** Whether that process has ended; undefined where it cannot be known from here. */
  readonly isGone: (other: Identity) => Promise<boolean | undefined>;
}

export type LedgerContext = Notes & Surroundings;
