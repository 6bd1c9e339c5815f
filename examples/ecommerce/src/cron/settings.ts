/** Milliseconds between ticks. */
export const TICK_PERIOD = 2_000;

/** Touched by each tick, read by the container's health check. */
export const HEARTBEAT = '/tmp/cron-heartbeat';
