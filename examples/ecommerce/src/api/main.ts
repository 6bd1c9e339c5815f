import { createServer } from 'node:http';
import { gracefulShutdown } from '@cutover/lifecycle';
import { config } from '../config.ts';
import { createDatabase } from '../database.ts';
import { createQueue } from '../queue.ts';
import { createRedis } from '../redis.ts';
import { shopHealth } from './health.ts';
import { answer } from './http.ts';
import { routes, type Shop } from './routes.ts';

const database = createDatabase();
const redis = createRedis();
const shop: Shop = { database, redis, queue: createQueue(redis) };
const pages = routes(shop);

const server = createServer((request, response) => {
  if (request.url?.startsWith('/health')) health.handler(request, response);
  else void answer(pages, request, response);
});
// Longer than HAProxy keeps a connection for its clients: the side that speaks first should also end it.
server.keepAliveTimeout = 90_000;

const shutdown = gracefulShutdown({ server, gracePeriod: 20_000, containerStopTimeout: 40_000 });
const health = shopHealth(shop, shutdown.signal);
shutdown.add('queue', () => shop.queue.close());
shutdown.add('prisma', () => database.$disconnect());
shutdown.add('redis', () => redis.quit(), { phase: 'flush' });

server.listen(config.port, () => shutdown.ready());
