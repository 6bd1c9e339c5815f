/** Where the Temporal worker of this container says that it runs, for its HEALTHCHECK. */
export const HEARTBEAT = '/tmp/temporal-heartbeat';
/** Milliseconds between two of them. */
export const BEAT = 5_000;
