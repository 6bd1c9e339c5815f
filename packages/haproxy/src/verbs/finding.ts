/** A problem in the configuration or state of a HAProxy. */
export interface Finding {
  /** Stable, for programs. */
  readonly code:
    | 'level'
    | 'tcp-admin-socket'
    | 'no-check'
    | 'fall-1'
    | 'agent'
    | 'static-algorithm'
    | 'map-writable'
    | 'weight-1'
    | 'default-credentials'
    | 'stats-admin'
    | 'no-redispatch'
    | 'short-holds';
  /** `error`: a switch can lose requests, or a stranger can steer; `warning`: under some conditions. */
  readonly severity: 'error' | 'warning';
  /** What it is about: `app/green`, a socket, a map. */
  readonly subject: string;
  readonly message: string;
  readonly fix: string;
}

/** One kind of fault: where it is found, by subject and message. */
export interface Look<S> extends Pick<Finding, 'code' | 'severity' | 'fix'> {
  readonly find: (seen: S) => readonly (readonly [subject: string, message: string])[];
}
