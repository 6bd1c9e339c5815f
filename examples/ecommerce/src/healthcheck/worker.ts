import { type Check, pm2Check, runHealthcheck, temporalCheck } from '@cutover/healthcheck';
import { config } from '../config.ts';

/** HEALTHCHECK of the worker, in place of healthcheck-worker.sh: both processes are up, and Temporal if it is used. */
const checks: Check[] = [pm2Check()];
if (config.temporalAddress) checks.push(temporalCheck(config.temporalAddress));
await runHealthcheck(checks);
