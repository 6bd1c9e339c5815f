import { messageOf } from '@cutover/internal';
import type { Host } from '../host.ts';
import type { ShutdownReason } from './types.ts';

/** The topic of the message by which {@link askPm2ToDrain} asks a supervised process to drain. */
export const DRAIN_TOPIC = 'cutover:drain';

/** The type of the answer, as PM2 publishes it on its bus. */
export const DRAINED_TYPE = 'cutover:drained';

/** The part of a node:cluster worker that a shutdown uses. */
export interface ClusterWorker {
  exitedAfterDisconnect?: boolean;
}

export interface TriggerOptions {
  readonly signals: readonly string[];
  readonly trapErrors: boolean;
  readonly pm2: boolean;
  /** This process as node:cluster knows it, if it is a worker. */
  readonly worker: ClusterWorker | undefined;
}

/** Listens for everything that begins a shutdown; returns a function that removes the listeners. */
export function listenForTriggers(
  host: Host,
  options: TriggerOptions,
  on: (reason: ShutdownReason) => void,
): () => void {
  const listeners = Object.entries({
    ...signalListeners(options.signals, on),
    ...(options.trapErrors ? errorListeners(on) : {}),
    ...(options.pm2 ? { message: messageListener(on) } : {}),
    ...(supervised(host, options) ? { disconnect: disconnectListener(options.worker, on) } : {}),
  });
  for (const [event, listener] of listeners) host.prependListener(event, listener);
  const standard = options.trapErrors ? [host.stdout, host.stderr] : [];
  for (const stream of standard) stream?.on('error', ignored);
  return () => {
    for (const [event, listener] of listeners) host.off(event, listener);
    for (const stream of standard) stream?.off('error', ignored);
  };
}

/**
 * Errors of stdout and stderr, whose reader may be gone (a killed supervisor, `| head`). As an uncaught error each
 * would be logged, which fails again: an endless loop in which no timer runs.
 */
const ignored = (): void => {};

const signalListeners = (signals: readonly string[], on: (reason: ShutdownReason) => void) =>
  Object.fromEntries(signals.map((text) => [text, () => on({ kind: 'signal', text })]));

const errorListeners = (on: (reason: ShutdownReason) => void) =>
  Object.fromEntries(
    ['uncaughtException', 'unhandledRejection'].map((event) => [
      event,
      (error: unknown) => on({ kind: 'error', text: `${event}: ${messageOf(error)}`, error }),
    ]),
  );

const messageListener = (on: (reason: ShutdownReason) => void) => (message: unknown) => {
  if (message === 'shutdown') on({ kind: 'pm2', text: "PM2's shutdown message" });
  if ((Object(message) as { topic?: unknown }).topic === DRAIN_TOPIC) {
    on({ kind: 'request', text: 'a drain request' });
  }
};

// Only if an IPC channel is open anyway: a listener keeps a process alive that would otherwise end.
const supervised = (host: Host, { pm2, worker }: TriggerOptions): boolean =>
  host.connected === true && (pm2 || worker !== undefined);

/** Node ends a worker at once when its primary is gone, unless the worker appears to have disconnected by itself. */
const disconnectListener =
  (worker: ClusterWorker | undefined, on: (reason: ShutdownReason) => void) => (): void => {
    if (worker) worker.exitedAfterDisconnect = true;
    on({ kind: 'disconnect', text: 'disconnect' });
  };
