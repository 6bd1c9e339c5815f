import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { config } from '../config.ts';
import type { Database } from '../database.ts';
import type { Fulfilment } from '../queue.ts';
import { type Handler, HttpProblem } from './http.ts';

export interface Shop {
  readonly database: Database;
  readonly redis: Redis;
  readonly queue: Queue<Fulfilment>;
}

const SESSION_SECONDS = 30 * 60;
const CACHE_SECONDS = 5;
const REPORT_MS = 3_000;

/** What the API answers: `METHOD /path` to handler. */
export const routes = (shop: Shop): Readonly<Record<string, Handler>> => ({
  'GET /api/products': async ({ headers }) => ({
    products: await products(shop),
    visits: await countVisit(shop.redis, headers['x-session']),
  }),
  'GET /api/orders': async ({ url }) => ({
    orders: await shop.database.order.findMany({
      where: { reference: url.searchParams.get('reference') ?? '' },
      take: 10,
    }),
  }),
  'POST /api/orders': async ({ json }) => placeOrder(shop, await json()),
  // Takes long, as reports do: a deployment must let it finish.
  'GET /api/report': async () => {
    await new Promise((resolve) => setTimeout(resolve, REPORT_MS));
    return { orders: await shop.database.order.count() };
  },
});

async function products({ database, redis }: Shop): Promise<unknown> {
  const cached = await redis.get('cache:products');
  if (cached) return JSON.parse(cached);
  const fresh = await database.product.findMany({ orderBy: { id: 'asc' } });
  await redis.set('cache:products', JSON.stringify(fresh), 'EX', CACHE_SECONDS);
  return fresh;
}

/** Sessions live in Redis, so that they survive the change of the slot. */
async function countVisit(redis: Redis, session: string | string[] | undefined): Promise<number> {
  if (typeof session !== 'string' || !/^[\w-]{1,64}$/.test(session)) return 0;
  const [[, visits] = []] = (await redis
    .multi()
    .incr(`session:${session}`)
    .expire(`session:${session}`, SESSION_SECONDS)
    .exec()) ?? [[null, 0]];
  return Number(visits);
}

async function placeOrder({ database, queue }: Shop, body: unknown): Promise<object> {
  const { reference, product, quantity, express } = readOrder(body);
  const order = await database.order.create({
    data: { reference, product, quantity, version: config.version },
  });
  if (express) await queue.add('fulfil', { reference, seconds: 1 + (order.id % 31) / 10 });
  return { order: { id: order.id, reference } };
}

function readOrder(body: unknown): {
  reference: string;
  product: string;
  quantity: number;
  express: boolean;
} {
  const { reference, product, quantity = 1, express = false } = (body ?? {}) as Record<string, unknown>;
  if (typeof reference !== 'string' || typeof product !== 'string' || !Number.isInteger(quantity)) {
    throw new HttpProblem(400, 'an order needs a reference, a product and a whole quantity');
  }
  return { reference, product, quantity: Number(quantity), express: express === true };
}
