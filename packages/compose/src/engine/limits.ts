/** How long the engine and the docker command are waited for, in milliseconds. */
export interface Limits {
  /** One look through the Engine API; it takes milliseconds, and those of a deployment under way are repeated. */
  readonly look: number;
  /** One change through the Engine API: a container created that is not started, a restart policy, a heartbeat. */
  readonly change: number;
  /** The removal of a container, with all the files that it wrote. */
  readonly remove: number;
  /** Of this and those below, how long the command may print nothing: `docker compose config` and the like. */
  readonly ask: number;
  /** `docker compose up`: it is silent while it waits for the health of what a service depends on. */
  readonly up: number;
  /** `docker pull`: it tells that a layer is there, and nothing before. 10 minutes are 2 GB at 3.5 MB/s. */
  readonly pull: number;
}

export const LIMITS: Limits = {
  look: 10_000,
  change: 20_000,
  remove: 120_000,
  ask: 60_000,
  up: 300_000,
  pull: 600_000,
};
