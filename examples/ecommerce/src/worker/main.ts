import { gracefulShutdown } from '@cutover/lifecycle';
import { config } from '../config.ts';
import { createDatabase } from '../database.ts';
import { createRedis } from '../redis.ts';
import { createJobWorker } from './jobs.ts';
import { startTemporalWorker } from './temporal.ts';

const shutdown = gracefulShutdown({ gracePeriod: 130_000, containerStopTimeout: 150_000 });
const database = createDatabase();
const redis = createRedis({ blocking: true });

const jobs = createJobWorker(database, redis);
// close() takes no new job and waits for those under way.
shutdown.add('jobs', () => jobs.close(), { phase: 'drain' });
if (config.temporalAddress) {
  const temporal = await startTemporalWorker(config.temporalAddress);
  shutdown.add('temporal', () => temporal.close(), { phase: 'drain' });
}
shutdown.add('prisma', () => database.$disconnect());
shutdown.add('redis', () => redis.quit());
shutdown.ready();
