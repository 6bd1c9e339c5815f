import { DeployError, runScript } from '@cutover/compose';
import { shopDeployment } from './deployment.ts';

// tsx deploy.ts 1.2.3 [blue|green]; the slot is the idle one unless named
await runScript(async ({ args: [version, slot], signal }) => {
  if (!version)
    throw new DeployError('invalid-release', {
      doing: 'deploying',
      found: 'no version',
      fix: 'tsx deploy.ts 1.2.3',
    });
  const image = `ecomweb-api:${version}`;
  await shopDeployment(import.meta.dirname).deploy({ image }, { signal, ...(slot && { slot }) });
});
