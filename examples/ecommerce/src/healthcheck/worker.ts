import { pm2Check, runHealthcheck } from '@cutover/healthcheck';

/** HEALTHCHECK of the worker, in place of healthcheck-worker.sh: both processes are up and stay up. */
await runHealthcheck([pm2Check()]);
