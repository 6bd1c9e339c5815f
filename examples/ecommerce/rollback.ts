import { runScript } from '@cutover/compose';
import { shopDeployment } from './deployment.ts';
import { imageOf, stackDirectory } from './operations/environment.ts';

// tsx rollback.ts [1.2.3]: to the release before the one that runs, or to that one
await runScript(({ args: [version], signal }) => {
  const directory = stackDirectory();
  return shopDeployment(directory).rollback({ signal, ...(version && { to: imageOf(directory, version) }) });
});
