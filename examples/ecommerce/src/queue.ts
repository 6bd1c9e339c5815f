import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

export const QUEUE = 'fulfilment';

/** What a fulfilment job carries. `seconds` is how long the work takes. */
export interface Fulfilment {
  readonly reference: string;
  readonly seconds: number;
}

export const createQueue = (connection: Redis): Queue<Fulfilment> =>
  new Queue<Fulfilment>(QUEUE, { connection, defaultJobOptions: { removeOnComplete: 1_000, attempts: 3 } });
