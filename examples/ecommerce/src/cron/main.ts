import { writeHeartbeat } from '@cutover/healthcheck';
import { exclusive, gracefulShutdown } from '@cutover/lifecycle';
import { config } from '../config.ts';
import { createDatabase } from '../database.ts';
import { HEARTBEAT, TICK_PERIOD } from './settings.ts';
import { everyTick } from './ticks.ts';

const database = createDatabase();
const shutdown = gracefulShutdown({ gracePeriod: 80_000, containerStopTimeout: 90_000 });

// Cutover never runs two crons; the lock also protects against a container started by hand.
const ticking = exclusive(
  'ecomweb_cron',
  { store: config.databaseUrl, signal: shutdown.signal, timeout: Number.POSITIVE_INFINITY },
  ({ signal }) => everyTick(TICK_PERIOD, signal, tick),
).catch((error) => {
  if (!shutdown.draining) throw error;
});

shutdown.add('tick', () => ticking, { phase: 'drain' });
shutdown.add('prisma', () => database.$disconnect());
shutdown.ready();

/** One tick: clears the cache of what is out of date, and records that it ran. */
async function tick(scheduledFor: Date): Promise<void> {
  await database.tick.create({
    data: { scheduledFor, version: config.version, container: config.container },
  });
  await writeHeartbeat(HEARTBEAT);
}
