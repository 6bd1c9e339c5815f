export type { Check, CheckDetails } from './check.ts';
export { type Pm2CheckOptions, pm2Check } from './checks/pm2.ts';
export { PM2_MAX_RESTARTS, PM2_RESTART_WINDOW } from './checks/pm2-rules.ts';
