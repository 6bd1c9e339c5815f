import { channel } from 'node:diagnostics_channel';
import { ignoringErrors } from '@cutover/internal';
import type { Methods } from '../closables/methods.ts';
import { isEnding } from '../closables/streams.ts';
import type { LifecycleLogger } from './options.ts';
import type { ShutdownEvent } from './types.ts';
import { verdictLine } from './verdict.ts';

/** The diagnostics channel on which every {@link ShutdownEvent} of this process is published. */
export const SHUTDOWN_CHANNEL = 'cutover:shutdown';

/** Passes each event to the callback, the channel and the log; a listener that throws has no effect. */
export function announcer(
  onEvent: (event: ShutdownEvent) => void,
  logger: LifecycleLogger | false,
): (event: ShutdownEvent) => void {
  const published = channel(SHUTDOWN_CHANNEL);
  const tell = ignoringErrors(onEvent);
  const write = ignoringErrors((event: ShutdownEvent) => {
    if (logger) log(event, isOver(logger) ? console : logger);
  });
  return (event) => {
    tell(event);
    published.publish(event);
    write(event);
  };
}

/** A logger of winston is a stream, which a step may have ended before the last line. */
const isOver = (logger: LifecycleLogger): boolean => isEnding(logger as unknown as Methods);

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
