import { bounded, type Clock, type TimeoutError } from '@cutover/internal';
import type { StepContext } from '../shutdown/types.ts';
import { call, has, isThenable, type Method, type Methods } from './methods.ts';

/** The events that show that an emitter has ended. */
const ENDED = ['close', 'end', 'finish', 'disconnect'] as const;

// `destroy`, `stop` and `shutdown` of an emitter are over when they return, unless they return a promise.
const ENDS_BY_EVENT = ['end', 'close', 'quit', 'disconnect'];

/**
 * Calls a method that ends something and waits for the end, shown by its promise, its callback, or an event of the
 * thing. A thing that is already closed is left alone.
 */
export async function callAndWait(
  thing: Methods,
  method: string | symbol,
  { remaining, signal }: Pick<StepContext, 'remaining' | 'signal'>,
  clock: Clock,
): Promise<void> {
  if (thing.closed === true || thing.ended === true || thing.destroyed === true) return;
  if (wantsCallback(thing[method] as Method)) return callWithCallback(thing, method);
  const isEmitter = has(thing, 'once', 'off') && ENDS_BY_EVENT.includes(method as string);
  if (!isEmitter) return void (await call(thing, method));
  const timeout = remaining() / 2;
  const found = `${String(method)}() gave no promise, and none of the events ${ENDED.join(', ')} came`;
  const explain = (cause: TimeoutError) =>
    new Error(`${found} within ${timeout} ms; add a function that returns a promise`, { cause });
  await bounded({ timeout, signal, clock, explain }, (over) => callAndListen(thing, method, over));
}

// The first parameter of `end(cb)`, `function end(cb)`, `[name](cb)`, `(cb) =>` and `cb =>`.
const FIRST_PARAMETER = /^(?:[^(=]*\(\s*([\w$]+)|([\w$]+)\s*=>)/;
const CALLBACK_NAME = /^(?:_?(?:cb|callback|done|next|fn)|on[A-Z]\w*)$/;

/** Whether the first parameter is a callback, by its name; any other parameter (`force`, `timeout`) is left unset. */
const wantsCallback = (method: Method): boolean => {
  const [, inBrackets, bare] = FIRST_PARAMETER.exec(Function.prototype.toString.call(method)) ?? [];
  return CALLBACK_NAME.test(inBrackets ?? bare ?? '');
};

const callWithCallback = (thing: Methods, method: string | symbol): Promise<void> =>
  new Promise((resolve, reject) => {
    const settle = (error?: unknown) => (isFailure(error) ? reject(error) : resolve());
    const returned = call(thing, method, settle);
    // Some take a callback and also return a promise.
    if (isThenable(returned)) returned.then(() => resolve(), reject);
  });

/** A server that is already closed, or never listened, reports that with an error. */
const isFailure = (error: unknown): error is Error =>
  error instanceof Error && !/NOT_RUNNING$/.test(String((error as NodeJS.ErrnoException).code));

/** Listens before the call, as some emit before they return. */
function callAndListen(thing: Methods, method: string | symbol, over: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const listeners: readonly (readonly [string, Method])[] = [
      ...ENDED.map((event) => [event, () => resolve()] as const),
      ['error', reject],
    ];
    const unlisten = () => {
      for (const [event, listener] of listeners) call(thing, 'off', event, listener);
    };
    for (const [event, listener] of listeners) call(thing, 'once', event, listener);
    over.addEventListener('abort', unlisten, { once: true });
    const returned = call(thing, method);
    if (!isThenable(returned)) return;
    unlisten();
    returned.then(() => resolve(), reject);
  });
}
