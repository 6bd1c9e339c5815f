import { heartbeatCheck, pm2Check, runHealthcheck } from '@cutover/healthcheck';
import { HEARTBEAT, TICK_PERIOD } from '../cron/settings.ts';

/** HEALTHCHECK of the cron, in place of healthcheck-cron.sh: the process is up and has ticked lately. */
await runHealthcheck([pm2Check(), heartbeatCheck(HEARTBEAT, { maxAge: 5 * TICK_PERIOD })]);
