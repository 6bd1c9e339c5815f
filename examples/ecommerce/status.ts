import { runScript } from '@cutover/compose';
import { shopDeployment } from './deployment.ts';
import { stackDirectory } from './operations/environment.ts';

// tsx status.ts: what runs where, who deploys, what was left unfinished and what to do next
await runScript(async ({ signal }) => {
  console.log(String(await shopDeployment(stackDirectory()).status({ signal })));
});
