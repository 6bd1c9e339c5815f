import { writeHeartbeat } from '@cutover/healthcheck';
import { fulfil } from './fulfil.ts';
import { BEAT, HEARTBEAT } from './settings.ts';

/** The little of `@temporalio/worker` that is used. The package has 260 MB, so it is installed only where needed. */
interface TemporalPackage {
  NativeConnection: { connect(options: { address: string }): Promise<{ close(): Promise<void> }> };
  Runtime: { install(options: { shutdownSignals: string[] }): unknown };
  Worker: { create(options: object): Promise<TemporalWorker> };
}

interface TemporalWorker {
  run(): Promise<void>;
  shutdown(): void;
  getState(): string;
}

/**
 * A Temporal worker at `address`, running until `close`.
 * @throws if `@temporalio/worker` is not installed, with the command that installs it
 */
export async function startTemporalWorker(address: string): Promise<{ close(): Promise<void> }> {
  const { NativeConnection, Runtime, Worker } = await loadTemporal();
  // An empty list leaves signals to our own shutdown: the runtime would handle the first and exit on the second.
  Runtime.install({ shutdownSignals: [] });
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    taskQueue: 'ecomweb',
    activities: { fulfil },
    // Less than the 120 s of the ecosystem file, else PM2 would kill the worker while Temporal still waits.
    shutdownGraceTime: '110s',
  });
  const running = worker.run();
  const beating = setInterval(() => {
    if (worker.getState() === 'RUNNING') writeHeartbeat(HEARTBEAT).catch(() => {});
  }, BEAT);
  return {
    close: async () => {
      clearInterval(beating);
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await running;
      await connection.close();
    },
  };
}

async function loadTemporal(): Promise<TemporalPackage> {
  const name = '@temporalio/worker';
  try {
    return (await import(name)) as TemporalPackage;
  } catch (cause) {
    throw new Error(
      `starting the Temporal worker: TEMPORAL_ADDRESS is set and ${name} cannot be loaded. ` +
        `Fix: "pnpm add ${name}" in examples/ecommerce and rebuild the image, or unset TEMPORAL_ADDRESS`,
      { cause },
    );
  }
}
