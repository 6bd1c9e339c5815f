import { Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { added, close } from './close.ts';

const METHODS = [
  'GetSystemInfo',
  'DescribeNamespace',
  'PollActivityTaskQueue',
  'ShutdownWorker',
  'RecordWorkerHeartbeat',
];
const bytes = (value: Buffer) => value;

const SERVICE: ServiceDefinition = Object.fromEntries(
  METHODS.map((method) => [
    method,
    {
      path: `/temporal.api.workflowservice.v1.WorkflowService/${method}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: bytes,
      requestDeserialize: bytes,
      responseSerialize: bytes,
      responseDeserialize: bytes,
    },
  ]),
);

/** A real worker, with a server that answers everything with nothing, and has no work. */
async function newWorker() {
  const server = new Server();
  const answers = METHODS.map((method) => [
    method,
    (_: unknown, answer: (error: null, value: Buffer) => void) => {
      if (!method.startsWith('Poll')) answer(null, Buffer.alloc(0));
    },
  ]);
  server.addService(SERVICE, Object.fromEntries(answers));
  onTestFinished(() => server.forceShutdown());
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
  const connection = await NativeConnection.connect({ address: `127.0.0.1:${port}` });
  const activities = { nothing: async () => {} };
  const worker = await Worker.create({ connection, taskQueue: 'queue', activities });
  return { worker, connection };
}

beforeAll(() => {
  Runtime.install({
    shutdownSignals: [],
    logger: { ...console, log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
  });
});

describe('Shutdown.add with a Temporal worker', () => {
  it('is done with one that runs when it has STOPPED, and its run() settles', async () => {
    const { worker, connection } = await newWorker();
    const run = worker.run();
    expect(await close(worker)).toMatchObject({ outcome: 'done', phase: 'drain' });
    expect(worker.getState()).toBe('STOPPED');
    await run;
    await connection.close();
  });

  it('is done with one between create and run, which lets its connection go', async () => {
    const { worker, connection } = await newWorker();
    const { shutdown } = added(worker);
    shutdown.add('connection', connection);
    expect(await shutdown.begin()).toMatchObject({ outcome: 'clean' });
    expect(worker.getState()).toBe('STOPPED');
  });

  it('lets the application run it after that, to no effect', async () => {
    const { worker, connection } = await newWorker();
    const closed = close(worker);
    await worker.run();
    expect(await closed).toMatchObject({ outcome: 'done' });
    await worker.run();
    expect(worker.getState()).toBe('STOPPED');
    await connection.close();
  });

  it('is done with one that has stopped', async () => {
    const { worker, connection } = await newWorker();
    await worker.runUntil(async () => {});
    expect(await close(worker)).toMatchObject({ outcome: 'done' });
    await connection.close();
  });

  it('says at once that one has FAILED, and does not wait for it', async () => {
    const { worker } = await newWorker();
    const run = worker.run();
    // As when it loses its native part.
    Reflect.get(worker, 'instantTerminateErrorSubject').error(new Error('lost'));
    await expect(run).rejects.toThrow();
    const step = await close(worker);
    expect(step).toMatchObject({ outcome: 'failed', note: 'the worker is FAILED' });
    expect(step?.duration).toBeLessThan(1_000);
  });
});
