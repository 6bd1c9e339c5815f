import { redact } from './redact.ts';

/** Properties that hold a login, such as the arguments of a Redis AUTH. */
const PRIVATE = /^(user|username|args)$|passw|secret|credential/i;

/**
 * A thrown value that is safe for people and logs: `redact` is applied to all its texts, causes and parts. Returns the
 * value itself when nothing has to be hidden; else a copy of the same class with the same codes.
 */
export function redactThrown<T>(thrown: T, secrets: readonly string[] = []): T {
  return hide(thrown, '', { secrets, above: [] }) as T;
}

interface Walk {
  readonly secrets: readonly string[];
  /** The objects that contain the value; cycles are cut. */
  readonly above: readonly unknown[];
}

function hide(value: unknown, name: string, walk: Walk): unknown {
  if (PRIVATE.test(name) && (typeof value === 'string' || Array.isArray(value))) return '***';
  if (typeof value === 'string') return redact(value, walk.secrets);
  if (!isOpen(value)) return value;
  if (walk.above.includes(value)) return undefined;
  const below = { ...walk, above: [...walk.above, value] };
  const changed = Object.getOwnPropertyNames(value).flatMap((key) => {
    const before = ownValue(value, key);
    const after = hide(before, key, below);
    return Object.is(before, after)
      ? []
      : [[key, { value: after, writable: true, configurable: true }] as const];
  });
  return changed.length === 0 ? value : copyOf(value, Object.fromEntries(changed));
}

/** Errors, lists and plain objects; other values of an error, such as a socket, are not read. */
const isOpen = (value: unknown): value is object =>
  typeof value === 'object' &&
  value !== null &&
  (value instanceof Error || Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype);

/** Of accessors only the stack (an accessor on newer Node) is read: others may have side effects. */
const ownValue = (value: object, key: string): unknown =>
  key === 'stack' ? Reflect.get(value, key) : Object.getOwnPropertyDescriptor(value, key)?.value;

function copyOf(value: object, changed: PropertyDescriptorMap): object {
  const copy = value instanceof Error ? new Error() : Array.isArray(value) ? [] : {};
  Object.setPrototypeOf(copy, Object.getPrototypeOf(value));
  const own = Object.getOwnPropertyDescriptors(value) as PropertyDescriptorMap;
  for (const [key, change] of Object.entries(changed)) change.enumerable = own[key]?.enumerable ?? false;
  return Object.defineProperties(copy, { ...own, ...changed });
}
