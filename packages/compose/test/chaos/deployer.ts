import { join } from 'node:path';
import { createRuntimeClient } from '@cutover/haproxy';
import { runScript } from '../../src/script.ts';
import { routerOf, stackDeployment, type Way } from '../support/stack.ts';

/** A deploy script as a process of its own, so that it can be killed: `deployer.ts <way> <directory> <url> <image>`. */
await runScript(async ({ args: [way, directory, url, image], signal }) => {
  const folder = directory as string;
  const client = createRuntimeClient({ address: join(folder, 'run/admin.sock') });
  const router = routerOf(way as Way, folder, client, url as string);
  // How often it looks depends on the weather; what it does, does not.
  const deployment = stackDeployment(
    { directory: folder, router, way: way as Way },
    (event) => {
      if (event.type !== 'progress') process.stdout.write(`${JSON.stringify(event)}\n`);
    },
    { jobs: JSON.parse(process.env.JOBS ?? '{}') },
  );
  await deployment.deploy({ image: image as string }, { signal });
});
