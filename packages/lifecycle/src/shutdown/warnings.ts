import { BUDGET_MARGIN } from './budget.ts';
import type { Pm2Environment } from './pm2-environment.ts';
import { isInit, type Surroundings } from './surroundings.ts';
import type { WarningCode } from './types.ts';

export interface Warning {
  readonly code: WarningCode;
  readonly message: string;
}

interface Facts {
  /** What the application asked for, in milliseconds. */
  readonly asked: number | undefined;
  /** The time it gets. */
  readonly gracePeriod: number;
  readonly containerStopTimeout: number | undefined;
  readonly pm2: Pm2Environment | undefined;
  readonly surroundings: Surroundings;
}

/** Problems of the environment, each of which would silently cut a drain short. */
export const judgeSurroundings = (facts: Facts): Warning[] => [...judgeBudget(facts), ...judgePm2(facts)];

function* judgeBudget({ asked, gracePeriod, containerStopTimeout, pm2 }: Facts): Generator<Warning> {
  if (pm2 && asked !== undefined && asked > gracePeriod) {
    const wanted = `set kill_timeout to ${asked + BUDGET_MARGIN} or more in the ecosystem file`;
    yield {
      code: 'grace-exceeds-kill-timeout',
      message: `a grace period of ${asked} ms is cut to ${gracePeriod} ms, since PM2 kills after ${pm2.killTimeout} ms; ${wanted}`,
    };
  }
  if (containerStopTimeout === undefined) return;
  if (pm2 && pm2.killTimeout >= containerStopTimeout) {
    yield {
      code: 'kill-timeout-exceeds-container',
      message: `PM2's kill_timeout of ${pm2.killTimeout} ms is not below the container's grace of ${containerStopTimeout} ms; raise stop_grace_period or lower kill_timeout`,
    };
  } else if (!pm2 && gracePeriod >= containerStopTimeout) {
    yield {
      code: 'grace-exceeds-container',
      message: `a grace period of ${gracePeriod} ms is not below the container's grace of ${containerStopTimeout} ms; raise stop_grace_period`,
    };
  }
}

function* judgePm2({ pm2, surroundings }: Facts): Generator<Warning> {
  if (!pm2) return;
  if (!pm2.killTimeoutSet) {
    yield {
      code: 'kill-timeout-default',
      message: `no kill_timeout is set, so PM2 kills after ${pm2.killTimeout} ms; set kill_timeout in the ecosystem file`,
    };
  }
  if (!pm2.treekill) return;
  if (!surroundings.psFound) {
    yield {
      code: 'ps-missing',
      message:
        'no ps in the PATH, so PM2 signals only the first process of the app; install procps or set treekill: false',
    };
  }
  const { inContainer, init } = surroundings;
  if (inContainer && init !== undefined && !isInit(init)) {
    yield {
      code: 'init-missing',
      message: `process 1 (${init}) reaps no orphans, so an app with children may end as errored; set init: true in the Compose file`,
    };
  }
}
