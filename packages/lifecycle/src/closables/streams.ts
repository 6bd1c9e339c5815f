import type { Writable } from 'node:stream';
import { call, has, type Methods } from './methods.ts';

/** A writable stream of Node or of readable-stream (winston), or one of pino's destinations, which are neither. */
export const isStream = (thing: Methods): boolean =>
  has(thing, 'write', 'end', 'on') &&
  (thing._writableState !== undefined || typeof thing.writableEnded === 'boolean' || has(thing, 'flushSync'));

/** Whether `end` was called; readable-stream has no `writableEnded`. */
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

/** The stream piped into it ends it; ending it earlier would lose or break what is still in the pipe. */
const isPipedInto = (thing: Methods): boolean =>
  has(thing, 'listenerCount') && (call(thing, 'listenerCount', 'unpipe') as number) > 0;

/** Waits for a stream on which `end` was called. */
export function streamEnded(thing: Methods): Promise<void> {
  const { finished } = process.getBuiltinModule('node:stream');
  return new Promise((resolve, reject) => {
    finished(thing as unknown as Writable, { readable: false }, (error) =>
      error ? reject(error) : resolve(),
    );
  });
}

/** For pino's own streams, which are not Node streams: `close` comes when everything is on the disk. */
const closed = (thing: Methods): Promise<void> =>
  new Promise((resolve, reject) => {
    call(thing, 'once', 'close', () => resolve());
    call(thing, 'once', 'error', reject);
  });

/** The standard streams stay open for later output. */
const emptied = (thing: Methods): Promise<void> =>
  new Promise((resolve) => void call(thing, 'write', '', () => resolve()));
