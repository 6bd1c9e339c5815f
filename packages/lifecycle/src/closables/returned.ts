import type { Server } from 'node:net';
import { has, type Methods } from './methods.ts';
import { isEnding, isStream, streamEnded } from './streams.ts';

/**
 * Waits for the end of what a function has returned, where that is not a promise but the thing itself:
 * `() => server.close()`, `() => stream.end()`.
 */
export async function endOfReturned(returned: unknown): Promise<void> {
  const thing = Object(returned) as Methods;
  if (isStream(thing) && isEnding(thing)) {
    await streamEnded(thing);
  } else if (has(thing, 'close', 'getConnections') && thing.listening === false) {
    await serverClosed(returned as Server);
  }
}

/** A server without connections emits nothing more. */
const serverClosed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.once('close', resolve);
    server.getConnections((_, count) => {
      if (count === 0) resolve();
    });
  });
