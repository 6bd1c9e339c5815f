import { runScript } from '@cutover/compose';
import { shopDeployment } from './deployment.ts';
import { stackDirectory } from './operations/environment.ts';

// tsx refresh.ts: what runs, with what has changed in .env or compose.yaml, through the idle slot
await runScript(({ signal }) => shopDeployment(stackDirectory()).refresh({ signal }));
