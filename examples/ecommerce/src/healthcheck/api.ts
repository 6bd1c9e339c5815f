import { httpCheck, pm2Check, runHealthcheck } from '@cutover/healthcheck';
import { config } from '../config.ts';

/** HEALTHCHECK of the API: every clustered process is up, and one of them answers. */
await runHealthcheck([pm2Check(), httpCheck(`http://127.0.0.1:${config.port}/health/live`)]);
