import { runService } from '@cutover/lifecycle';
import { config } from '../config.ts';

/**
 * The API container's entry point, in place of startup-api.sh: wait, migrate, then PM2 in cluster mode. After a
 * deployment, whose job has migrated already, there is nothing to apply; before the first one there is.
 */
await runService({
  waitFor: [config.databaseUrl, config.redisUrl],
  migrate: ['node', 'dist/migrate.js'],
  command: ['pm2-runtime', 'ecosystem.api.config.cjs', '--no-auto-exit'],
  gracePeriod: 35_000,
});
