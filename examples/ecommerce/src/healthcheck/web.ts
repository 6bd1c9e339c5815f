import { httpCheck, runHealthcheck } from '@cutover/healthcheck';
import { config } from '../config.ts';

/** HEALTHCHECK of the web front end: it answers. */
await runHealthcheck([httpCheck(`http://127.0.0.1:${config.port}/health/live`)]);
