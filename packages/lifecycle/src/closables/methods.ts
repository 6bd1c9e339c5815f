/** An object of unknown type; only its methods and flags are used. */
export type Methods = Readonly<Record<string | symbol, unknown>>;

export type Method = (...args: unknown[]) => unknown;

export const has = (thing: Methods, ...names: readonly (string | symbol)[]): boolean =>
  names.every((name) => typeof thing[name] === 'function');

export const call = (thing: Methods, name: string | symbol, ...args: unknown[]): unknown =>
  (thing[name] as Method).apply(thing, args);

export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (Object(value) as Methods).then === 'function';
