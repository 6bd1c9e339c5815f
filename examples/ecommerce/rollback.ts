import { runScript } from '@cutover/compose';
import { shopDeployment } from './deployment.ts';
import { stackDirectory } from './operations/environment.ts';

// tsx rollback.ts: back to what ran before the latest deployment
await runScript(({ signal }) => shopDeployment(stackDirectory()).rollback({ signal }));
