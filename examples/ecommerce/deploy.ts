import { DeployError, runScript } from '@cutover/compose';
import { shopDeployment } from './deployment.ts';
import { imageOf, stackDirectory } from './operations/environment.ts';

// tsx deploy.ts 1.2.3 [blue|green]: to the idle slot, which may be named to be sure
await runScript(async ({ args: [version, slot], signal }) => {
  const directory = stackDirectory();
  if (!version) {
    throw new DeployError('invalid-release', {
      doing: 'deploying',
      found: 'no version',
      fix: 'tsx deploy.ts 1.2.3',
    });
  }
  const image = imageOf(directory, version);
  await shopDeployment(directory).deploy({ image }, { signal, ...(slot && { slot }) });
});
