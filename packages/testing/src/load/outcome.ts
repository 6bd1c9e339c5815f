/** How a request failed. A reset on a reused connection counts like any other: a client would have seen it. */
export type Failure =
  | 'refused'
  | 'reset'
  | 'timeout'
  | 'incomplete'
  | 'bad-status'
  | 'wrong-body'
  | 'overflow'
  | 'other';

/** The result of one request. */
export interface Outcome {
  readonly kind: string;
  readonly slow: boolean;
  readonly reused: boolean;
  /** 0 when there was no answer. */
  readonly status: number;
  /** The value of the version header, or `unknown`. */
  readonly version: string;
  readonly failure?: Failure;
  /** Detail of the failure: an error code, a status. */
  readonly detail?: string;
  /** Milliseconds from the *intended* time to the last byte. */
  readonly latency: number;
}

const BY_CODE: Readonly<Record<string, Failure>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ETIMEDOUT: 'timeout',
};

/** The kind of failure for a socket error. */
export const failureOf = (error: NodeJS.ErrnoException): Failure => BY_CODE[error.code ?? ''] ?? 'other';
