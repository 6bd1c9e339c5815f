import { runService } from '@cutover/lifecycle';
import { config } from '../config.ts';

/** The cron container's entry point, in place of startup-cron.sh. */
await runService({
  waitFor: [config.databaseUrl, config.redisUrl],
  command: ['pm2-runtime', 'ecosystem.cron.config.cjs', '--no-auto-exit'],
  gracePeriod: 87_000,
});
