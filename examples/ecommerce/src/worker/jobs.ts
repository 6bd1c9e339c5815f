import { type Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { config } from '../config.ts';
import type { Database } from '../database.ts';
import { type Fulfilment, QUEUE } from '../queue.ts';
import { fulfil } from './fulfil.ts';

/** Takes jobs from the queue. Each run is recorded at its start and at its end: one without an end was cut. */
export function createJobWorker(database: Database, connection: Redis): Worker<Fulfilment> {
  const worker = new Worker<Fulfilment>(QUEUE, (job) => record(database, job), {
    connection,
    concurrency: 4,
  });
  worker.on('error', (error) => console.error(`queue: ${error.message}`));
  return worker;
}

async function record(database: Database, job: Job<Fulfilment>): Promise<void> {
  const run = await database.jobRun.create({
    data: { jobId: job.id ?? '', name: job.name, version: config.version, container: config.container },
  });
  await fulfil(job.data);
  await database.jobRun.update({ where: { id: run.id }, data: { finishedAt: new Date() } });
}
