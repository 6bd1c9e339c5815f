import type { Server } from 'node:net';
import type { Clock } from '@cutover/internal';
import type { WebSocketServerLike } from '../drain/web-sockets.ts';
import { refuse } from '../errors.ts';
import type { Closable, Phase, StepContext } from '../shutdown/types.ts';
import { callAndWait } from './call-and-wait.ts';
import { has, type Methods } from './methods.ts';
import { isRedis, quitRedis } from './redis.ts';
import { endOfReturned } from './returned.ts';
import { endStream, isStream, pendingOf } from './streams.ts';
import { endWinston, isWinston } from './winston.ts';
import { stopBull, stopGrpc, stopTemporal } from './workers.ts';

/** How a thing is closed. */
export interface Closer {
  /** The default phase. */
  readonly phase: Phase;
  /** Settles when the thing has ended, not when it has begun to end. */
  close(context: StepContext): unknown;
  /** What is unfinished at this moment. */
  pending?(): string;
  /** Removes the listeners from the thing. */
  dispose?(): void;
}

/** What closing needs from the shutdown. */
export interface ClosingTools {
  readonly clock: Clock;
  drainServer(server: Server): Closer;
  closeWebSockets(server: WebSocketServerLike): Closer;
}

interface Kind {
  is(thing: Methods): boolean;
  closer(thing: Methods, tools: ClosingTools): Closer;
}

const simple = (
  phase: Phase,
  is: Kind['is'],
  close: (thing: Methods, context: StepContext, clock: Clock) => unknown,
): Kind => ({
  is,
  closer: (thing, { clock }) => ({ phase, close: (context) => close(thing, context, clock) }),
});

const byMethod = (
  phase: Phase,
  method: string | symbol,
  is: Kind['is'] = (thing) => has(thing, method),
): Kind => simple(phase, is, (thing, context, clock) => callAndWait(thing, method, context, clock));

// The first that fits. Prisma before all: a later query would silently open its pool again. `quit` before
// `disconnect`, and `disconnect` before `stop`: the first of each lets more arrive.
const KINDS: readonly Kind[] = [
  byMethod('close', '$disconnect'),
  simple('drain', (thing) => has(thing, 'shutdown', 'getState'), stopTemporal),
  simple('drain', (thing) => has(thing, 'tryShutdown', 'forceShutdown'), stopGrpc),
  simple(
    'drain',
    (thing) => has(thing, 'close', 'pause') && (has(thing, 'isRunning') || has(thing, 'process')),
    stopBull,
  ),
  {
    is: (thing) => has(thing, 'close', 'address', 'getConnections', 'prependListener'),
    closer: (thing, tools) => tools.drainServer(thing as unknown as Server),
  },
  {
    is: (thing) => has(thing, 'close', 'handleUpgrade') && thing.clients instanceof Set,
    closer: (thing, tools) => tools.closeWebSockets(thing as unknown as WebSocketServerLike),
  },
  simple('close', isRedis, quitRedis),
  byMethod('flush', 'flush', (thing) => has(thing, 'child', 'bindings', 'flush')),
  simple('flush', isWinston, endWinston),
  {
    is: isStream,
    closer: (thing) => ({ phase: 'flush', close: () => endStream(thing), pending: () => pendingOf(thing) }),
  },
  byMethod('drain', 'disconnect', (thing) => has(thing, 'subscribe', 'run', 'disconnect')),
  byMethod('close', 'quit'),
  byMethod('close', 'end'),
  byMethod('close', 'close'),
  byMethod('close', 'disconnect'),
  byMethod('drain', 'stop'),
  byMethod('close', 'shutdown'),
  byMethod('close', 'destroy'),
];

// Only of objects: a disposable function, such as a test's spy, is called as a function.
const DISPOSABLES: readonly Kind[] = [
  byMethod('close', Symbol.asyncDispose),
  byMethod('close', Symbol.dispose),
];

/**
 * How a thing is closed, and in which phase by default.
 * @throws {LifecycleError} `invalid-options` when it has none of the known methods
 */
export function closerOf(name: string, target: Closable, tools: ClosingTools): Closer {
  const thing = Object(target) as Methods;
  // Before plain functions: postgres.js and knex are functions with methods.
  const kinds = typeof target === 'function' ? KINDS : [...KINDS, ...DISPOSABLES];
  const kind = kinds.find((each) => each.is(thing));
  if (kind) return kind.closer(thing, tools);
  if (typeof target === 'function') {
    return { phase: 'close', close: async (context) => endOfReturned(await target(context)) };
  }
  throw refuse(`adding ${name} to the shutdown`)({
    name: 'close',
    found: 'something that cannot be closed',
    wanted:
      'a function, or an object with one of $disconnect, quit, end, close, disconnect, stop, shutdown, destroy',
  });
}
