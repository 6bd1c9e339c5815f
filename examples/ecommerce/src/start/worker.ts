import { runService } from '@cutover/lifecycle';
import { config } from '../config.ts';

/** The worker container's entry point, in place of startup-worker.sh. */
await runService({
  waitFor: [config.databaseUrl, config.redisUrl],
  command: ['pm2-runtime', 'ecosystem.worker.config.cjs', '--no-auto-exit'],
  gracePeriod: 145_000,
});
