import { runScript } from '@cutover/compose';
import { shopDeployment } from './deployment.ts';

await runScript(({ signal }) => shopDeployment(import.meta.dirname).rollback({ signal }));
