import { type Check, heartbeatCheck, pm2Check, runHealthcheck } from '@cutover/healthcheck';
import { config } from '../config.ts';
import { BEAT, HEARTBEAT } from '../worker/settings.ts';

/** HEALTHCHECK of the worker, in place of healthcheck-worker.sh: both processes are up, and Temporal's if it is used. */
const checks: Check[] = [pm2Check()];
if (config.temporalAddress) checks.push(heartbeatCheck(HEARTBEAT, { maxAge: 5 * BEAT }));
await runHealthcheck(checks);
