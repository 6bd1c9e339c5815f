import { channel } from 'node:diagnostics_channel';
import { quietly } from '../quietly.ts';
import type { LifecycleLogger } from './options.ts';
import type { ShutdownEvent } from './types.ts';
import { verdictLine } from './verdict.ts';

/** The diagnostics channel on which every {@link ShutdownEvent} of this process is published. */
export const SHUTDOWN_CHANNEL = 'cutover:shutdown';

/** Hands each event to the callback, the channel and the log; a listener that throws breaks nothing. */
export function announcer(
  onEvent: (event: ShutdownEvent) => void,
  logger: LifecycleLogger | false,
): (event: ShutdownEvent) => void {
  const published = channel(SHUTDOWN_CHANNEL);
  const tell = quietly(onEvent);
  return (event) => {
    tell(event);
    published.publish(event);
    if (logger) log(event, logger);
  };
}

function log(event: ShutdownEvent, logger: LifecycleLogger): void {
  if (event.type === 'warning') logger.warn(`shutdown: ${event.message}`);
  if (event.type === 'began' && event.reason.kind === 'error') logger.warn(stackOf(event.reason.error));
  if (event.type === 'repeated' && event.reason.kind === 'error') logger.warn(stackOf(event.reason.error));
  if (event.type === 'finished') {
    const { verdict } = event;
    logger[verdict.outcome === 'clean' ? 'info' : 'warn'](verdictLine(verdict));
  }
}

const stackOf = (error: unknown): string => (error instanceof Error && error.stack) || String(error);
