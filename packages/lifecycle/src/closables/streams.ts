import type { Writable } from 'node:stream';
import { call, has, type Methods } from './methods.ts';

/** A writable stream of Node, of readable-stream (winston), or one of what pino writes to, which are neither. */
export const isStream = (thing: Methods): boolean =>
  has(thing, 'write', 'end', 'on') &&
  (thing._writableState !== undefined || typeof thing.writableEnded === 'boolean' || has(thing, 'flushSync'));

/** Whether somebody has called `end`; readable-stream has no `writableEnded`. */
export const isEnding = (thing: Methods): boolean =>
  (Object(thing._writableState) as Methods).ending === true;

/** Ends a stream and waits until what was written has left this process; a stream that is gone is left alone. */
export function endStream(thing: Methods): Promise<void> {
  if (thing.destroyed === true) return Promise.resolve();
  if (thing === (process.stdout as object) || thing === (process.stderr as object)) return emptied(thing);
  const ended = thing._writableState === undefined ? closed(thing) : streamEnded(thing);
  if (!isPipedInto(thing)) call(thing, 'end');
  return ended;
}

/** What is unfinished in a stream. */
export const pendingOf = (thing: Methods): string =>
  isPipedInto(thing)
    ? 'a stream that has not ended is piped into it; add that one as well'
    : `${thing.writableLength ?? 'some'} bytes unwritten`;

/** Such a stream is ended by the one before it: what still waits there would be lost, or break it. */
const isPipedInto = (thing: Methods): boolean =>
  has(thing, 'listenerCount') && (call(thing, 'listenerCount', 'unpipe') as number) > 0;

/** Waits for a stream that somebody has ended. */
export function streamEnded(thing: Methods): Promise<void> {
  const { finished } = process.getBuiltinModule('node:stream');
  return new Promise((resolve, reject) => {
    finished(thing as unknown as Writable, { readable: false }, (error) =>
      error ? reject(error) : resolve(),
    );
  });
}

/** Of pino's own kinds of streams, which are none of Node's: their `close` comes when all is on the disk. */
const closed = (thing: Methods): Promise<void> =>
  new Promise((resolve, reject) => {
    call(thing, 'once', 'close', () => resolve());
    call(thing, 'once', 'error', reject);
  });

/** The standard streams stay open for what is said after this. */
const emptied = (thing: Methods): Promise<void> =>
  new Promise((resolve) => void call(thing, 'write', '', () => resolve()));
