import { bounded, type Clock, TimeoutError } from '@cutover/internal';
import type { StepContext } from '../shutdown/types.ts';
import { call, has, type Methods } from './methods.ts';

/** Milliseconds that Redis has for each answer, at most a quarter of the time left. */
const ANSWER_TIMEOUT = 1_000;

/** A client of ioredis (`status`) or of node-redis (`isOpen`), a cluster of theirs included. */
export const isRedis = (thing: Methods): boolean =>
  (typeof thing.status === 'string' && has(thing, 'quit', 'disconnect')) ||
  (typeof thing.isOpen === 'boolean' && (has(thing, 'quit') || has(thing, 'close')));

/**
 * Waits for replies, then disconnects. A client that is blocked in BRPOP does not answer until its wait is over: it is
 * disconnected, which loses nothing.
 * @throws when Redis does not answer at all, so commands may be lost
 */
export async function quitRedis(
  client: Methods,
  { remaining, signal }: StepContext,
  clock: Clock,
): Promise<void> {
  if (isClosed(client)) return disconnect(client);
  const timeout = Math.min(ANSWER_TIMEOUT, remaining() / 4);
  const within = <T>(work: () => Promise<T>) => bounded({ timeout, signal, clock }, work);
  try {
    await within(async () => call(client, has(client, 'close') ? 'close' : 'quit'));
  } catch (error) {
    const isAnswered = !(error instanceof TimeoutError);
    if (isAnswered && !isClosed(client)) throw error;
    if (!isAnswered && !(await answersAnother(client, within)))
      throw new Error(`Redis did not answer within ${timeout} ms, so commands may be lost`);
  } finally {
    await disconnect(client);
  }
}

/** Closed, about to be, or never opened (`wait`), which a QUIT would do first. */
const isClosed = ({ status, isOpen }: Methods): boolean =>
  isOpen === false || ['wait', 'close', 'end'].includes(String(status));

async function disconnect(client: Methods): Promise<void> {
  try {
    await call(client, has(client, 'destroy') ? 'destroy' : 'disconnect');
  } catch {
    // It is closed already.
  }
}

/** Uses a second connection to distinguish a blocked client from a Redis that does not answer. */
async function answersAnother(
  client: Methods,
  within: (work: () => Promise<unknown>) => Promise<unknown>,
): Promise<boolean> {
  const other = call(client, 'duplicate', { lazyConnect: true, retryStrategy: null }) as Methods;
  call(other, 'on', 'error', () => {});
  try {
    await within(async () => call(other, 'connect'));
    await within(async () => call(other, 'ping'));
    return true;
  } catch {
    return false;
  } finally {
    await disconnect(other);
  }
}
