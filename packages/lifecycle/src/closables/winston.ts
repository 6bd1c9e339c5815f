import type { Clock } from '@cutover/internal';
import type { StepContext } from '../shutdown/types.ts';
import type { Methods } from './methods.ts';
import { endStream, isStream, streamEnded } from './streams.ts';

/** Milliseconds between two checks of the lines that a logger has not passed on. */
const BACKLOG_POLL = 10;

const isLogger = (thing: Methods): boolean => isStream(thing) && Array.isArray(thing.transports);

/** A logger of winston, or one of its transports. */
export const isWinston = (thing: Methods): boolean => isLogger(loggerOf(thing));

const loggerOf = (thing: Methods): Methods => (isLogger(thing) ? thing : (Object(thing.parent) as Methods));

/**
 * Ends a logger and its transports; a transport is ended through its logger. A logger's end overtakes lines that it has
 * not passed to its transports yet, and these lines then fail, so it waits for them first.
 */
export async function endWinston(thing: Methods, { signal }: StepContext, clock: Clock): Promise<void> {
  const logger = loggerOf(thing);
  while (backlogOf(logger) > 0) await clock.sleep(BACKLOG_POLL, signal);
  await endStream(logger);
  if (thing !== logger) await streamEnded(thing);
}

const backlogOf = ({ writableLength, readableLength }: Methods): number =>
  Number(writableLength) + Number(readableLength);
