import type { Clock } from '@cutover/internal';
import type { Endpoint } from './address.ts';

/** What a transport is made of. */
export interface TransportOptions {
  readonly endpoint: Endpoint;
  readonly clock: Clock;
  /** Milliseconds to connect and to enter prompt mode. */
  readonly connectTimeout: number;
  /** Bytes that one answer may have. */
  readonly replyLimit: number;
  /** False: one connection a command, for what cannot carry a session. */
  readonly persistent: boolean;
}
