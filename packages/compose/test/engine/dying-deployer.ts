import { join } from 'node:path';
import { createRuntimeClient } from '@cutover/haproxy';
import { composeProject } from '../../src/engine/compose-project.ts';
import type { Engine } from '../../src/ports/index.ts';
import { runScript } from '../../src/script.ts';
import { routerOf, stackDeployment } from '../support/stack.ts';

/** Which moment ends it: of the stop of the background services, or when the configuration is kept; `never`: it deploys to the end. */
export type Moment = 'noted' | 'told' | 'kept' | 'never';

const die = () => process.kill(process.pid, 'SIGKILL');

const stops: Record<Moment, (engine: Engine) => Partial<Engine>> = {
  noted: () => ({
    stop: () => {
      die();
      return new Promise(() => {});
    },
  }),
  told: ({ stop, wasSignalled }) => ({
    stop: async (container, grace, confirm) => {
      const stopped = stop(container, grace, confirm);
      while (container.service === 'cron' && !(await wasSignalled(container))?.signalled);
      if (container.service === 'cron') die();
      return stopped;
    },
  }),
  kept: ({ keep }) => ({
    keep: async () => {
      const kept = await keep();
      die();
      return kept;
    },
  }),
  never: () => ({}),
};

/** A deploy script that is killed at one moment: `dying-deployer.ts <moment> <directory> <url> <image>`. */
await runScript(async ({ args, signal }) => {
  const [moment, directory, url, image] = args as [Moment, string, string, string];
  const client = createRuntimeClient({ address: join(directory, 'run/admin.sock') });
  const engine = composeProject({ directory });
  const gracePeriod = moment === 'kept' ? 10_000 : 600_000;
  const deployment = stackDeployment(
    { directory, way: 'map', router: routerOf('map', directory, client, url) },
    () => {},
    {
      project: { ...engine, ...stops[moment](engine) },
      keep: { configuration: moment === 'kept' },
      gate: { stableFor: 300, interval: 100, timeout: 60_000 },
      background: {
        cron: { image: 'CRON_IMAGE', gracePeriod, exclusive: true },
        worker: { image: 'WORKER_IMAGE', gracePeriod },
      },
    },
  );
  await deployment.deploy({ image }, { signal });
});
