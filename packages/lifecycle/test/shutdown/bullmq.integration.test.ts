import { startRedis, type TestServer, uniqueName } from '@cutover/testing';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { gracefulShutdown } from '../../src/index.ts';
import { gate } from '../serving.ts';

/** A real worker whose one job runs until it is released, and its shutdown. */
async function working({ timeout, gracePeriod }: { timeout: number; gracePeriod: number }) {
  const store: TestServer = await startRedis();
  onTestFinished(() => store[Symbol.asyncDispose]());
  const connect = () => {
    const redis = new Redis(store.url(), { maxRetriesPerRequest: null });
    redis.on('error', () => {});
    onTestFinished(() => redis.disconnect());
    return redis;
  };
  const [name, redis] = [uniqueName('queue'), connect()];
  const queue = new Queue(name, { connection: redis });
  const [begun, released] = [gate(), gate()];
  const worker = new Worker(
    name,
    async () => {
      begun.open();
      await released.opened;
      return 'done';
    },
    { connection: connect() },
  );
  queue.on('error', () => {});
  worker.on('error', () => {});
  await queue.add('job', {});
  await begun.opened;
  const shutdown = gracefulShutdown({
    gracePeriod,
    signals: [],
    trapErrors: false,
    exit: false,
    logger: false,
  });
  shutdown.add('worker', worker, { timeout });
  shutdown.add('redis', redis);
  onTestFinished(() => shutdown.dispose());
  return { store, connect, queue, worker, released, shutdown };
}

describe('gracefulShutdown with a BullMQ worker', () => {
  it('lets the job in flight finish, takes no other, and closes Redis after it', async () => {
    const { queue, worker, connect, released, shutdown } = await working({
      timeout: 30_000,
      gracePeriod: 30_000,
    });
    const finished = shutdown.begin();
    await queue.add('job', {});
    released.open();
    expect(await finished).toMatchObject({
      outcome: 'clean',
      steps: [
        { name: 'worker', phase: 'drain', outcome: 'done' },
        { name: 'redis', phase: 'close', outcome: 'done' },
      ],
    });
    expect(worker.isRunning()).toBe(false);
    const jobs = new Queue(queue.name, { connection: connect() });
    onTestFinished(() => jobs.close());
    expect(await jobs.getJobCounts('completed', 'active', 'waiting')).toEqual({
      completed: 1,
      active: 0,
      waiting: 1,
    });
  });

  it('ends in its time when Redis is silent, which worker.close() alone does not', async () => {
    const { store, released, shutdown } = await working({ timeout: 500, gracePeriod: 2_000 });
    await store.pause();
    released.open();
    const { outcome, steps } = await shutdown.begin();
    expect(steps[0]).toMatchObject({ name: 'worker', outcome: 'timeout' });
    expect(outcome).not.toBe('clean');
  });
});
