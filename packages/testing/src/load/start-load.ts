import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import {
  LoadError,
  type LoadOptions,
  type LoadSecond,
  type MeterOptions,
  readLoadOptions,
} from './load-options.ts';
import type { LoadReport } from './tally.ts';

export interface Load {
  /** The figures, when the schedule has ended or was stopped and every request has settled. */
  readonly finished: Promise<LoadReport>;
  /** Ends the schedule, waits for requests in flight and returns the figures. May be called again. */
  stop(): Promise<LoadReport>;
}

/**
 * Sends requests on a fixed schedule from a separate process and counts the results. Latency is
 * measured from the time at which a request was *due*, so that a stall of the server is measured in full.
 * @throws LoadError for a bad option or a target that is not on loopback; `finished` rejects if the meter dies
 */
export function startLoad(given: LoadOptions): Load {
  const { onProgress, signal, ...options } = readLoadOptions(given);
  const meter = fork(fileURLToPath(new URL('./meter.ts', import.meta.url)), {
    execArgv: ['--import', createRequire(import.meta.url).resolve('tsx')],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const stop = () => {
    if (meter.connected) meter.send('stop');
  };
  signal?.addEventListener('abort', stop, { once: true });
  meter.send(options satisfies MeterOptions);
  if (signal?.aborted) stop();
  const finished = report(meter, onProgress).finally(() => signal?.removeEventListener('abort', stop));
  // Callers of `finished` get the error; without one, an unhandled rejection must not end the process.
  finished.catch(() => {});
  return {
    finished,
    stop: () => {
      stop();
      return finished;
    },
  };
}

function report(meter: ChildProcess, onProgress: LoadOptions['onProgress']): Promise<LoadReport> {
  return new Promise((resolve, reject) => {
    let figures: LoadReport | undefined;
    meter.on('message', (message: { progress?: LoadSecond; report?: LoadReport }) => {
      if (message.progress) onProgress?.(message.progress);
      figures ??= message.report;
    });
    meter.once('error', (cause) => reject(died(cause.message, cause)));
    // Only an exited meter has left nothing behind.
    meter.once('exit', (code, name) =>
      figures ? resolve(figures) : reject(died(name ?? `exit code ${code}`)),
    );
  });
}

const died = (found: string, cause?: unknown) =>
  new LoadError(
    'METER_DIED',
    { doing: 'measuring a load', found: `its process ended early: ${found}` },
    { cause },
  );
