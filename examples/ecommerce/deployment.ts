import { join } from 'node:path';
import {
  type BlueGreenOptions,
  blueGreen,
  composeProject,
  consoleReporter,
  type Deployment,
  haproxyMapRouter,
  routerErrors,
} from '@cutover/compose';
import { createRuntimeClient } from '@cutover/haproxy';
import { environmentOf } from './operations/environment.ts';

/** A release of which more than 1 % of the requests fail is sent back, whatever its health check says. */
export const SIGNALS = [routerErrors({ max: 0.01 })];

/** The shop's deployments: the content of `deploy.sh` as data. `directory` has compose.yaml and .env. */
export const shopDeployment = (directory: string, more: Partial<BlueGreenOptions> = {}): Deployment =>
  blueGreen({
    project: composeProject({ directory }),
    // How many containers each of them has is set in compose.yaml.
    slots: {
      blue: {
        services: {
          api: { service: 'ecomweb_api_blue', image: 'API_BLUE_IMAGE' },
          web: { service: 'ecomweb_web_blue', image: 'WEB_BLUE_IMAGE' },
        },
      },
      green: {
        services: {
          api: { service: 'ecomweb_api_green', image: 'API_GREEN_IMAGE' },
          web: { service: 'ecomweb_web_green', image: 'WEB_GREEN_IMAGE' },
        },
      },
    },
    // The stop timeouts are set in one place: stop_grace_period in compose.yaml.
    background: {
      ecomweb_cron: { image: 'CRON_IMAGE', exclusive: true },
      ecomweb_worker: { image: 'WORKER_IMAGE' },
    },
    jobs: { ecomweb_migrate: { image: 'MIGRATE_IMAGE', at: 'before-start' } },
    router: haproxyMapRouter({
      client: createRuntimeClient({ address: join(directory, 'run/haproxy/admin.sock') }),
      map: '/usr/local/etc/haproxy/maps/live.map',
      file: join(directory, 'haproxy/maps/live.map'),
      // Both keys change in one commit.
      keys: {
        api: { blue: 'ecomweb_api_blue', green: 'ecomweb_api_green' },
        web: { blue: 'ecomweb_web_blue', green: 'ecomweb_web_green' },
      },
      probe: `http://127.0.0.1:${environmentOf(directory).HTTP_PORT ?? 8080}/health`,
    }),
    gate: { consecutive: 3, stableFor: 3_000, timeout: 60_000 },
    drain: { timeout: 30_000 },
    watch: { for: 5_000, signals: SIGNALS },
    onEvent: consoleReporter(),
    ...more,
  });
