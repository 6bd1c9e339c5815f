import type { Clock } from '@cutover/internal';
import type { StepContext } from '../shutdown/types.ts';
import type { Methods } from './methods.ts';
import { endStream, isStream, streamEnded } from './streams.ts';

/** Milliseconds between two looks at what a logger has not handed on. */
const BACKLOG_POLL = 10;

const isLogger = (thing: Methods): boolean => isStream(thing) && Array.isArray(thing.transports);

/** A logger of winston, or one of its transports. */
export const isWinston = (thing: Methods): boolean => isLogger(loggerOf(thing));

const loggerOf = (thing: Methods): Methods => (isLogger(thing) ? thing : (Object(thing.parent) as Methods));

/**
 * Ends a logger, and with it its transports; a transport by its logger, which feeds it. The end of a logger overtakes
 * the lines that it has not handed to its transports yet, and these then fail: hence the wait for them.
 */
export async function endWinston(thing: Methods, { signal }: StepContext, clock: Clock): Promise<void> {
  const logger = loggerOf(thing);
  while (backlogOf(logger) > 0) await clock.sleep(BACKLOG_POLL, signal);
  await endStream(logger);
  if (thing !== logger) await streamEnded(thing);
}

const backlogOf = ({ writableLength, readableLength }: Methods): number =>
  Number(writableLength) + Number(readableLength);
