import { redact } from './redact.ts';

/** Properties that hold a login, such as the arguments of a Redis AUTH. */
const PRIVATE = /^(user|username|args)$|passw|secret|credential/i;

/**
 * What was thrown as it may be kept for people and logs: every text of it, of its causes and parts, is as `redact`
 * shows it. The thing itself when there is nothing to hide; else a copy of the same class with the same codes.
 */
export function redactThrown<T>(thrown: T, secrets: readonly string[] = []): T {
  return hide(thrown, '', { secrets, above: [] }) as T;
}

interface Walk {
  readonly secrets: readonly string[];
  /** What the value is a part of; a ring is cut. */
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

/** Errors, lists and plain objects; what else an error may carry, such as a socket, is not ours to read. */
const isOpen = (value: unknown): value is object =>
  typeof value === 'object' &&
  value !== null &&
  (value instanceof Error || Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype);

/** Of accessors only the stack is read, which is one on newer Node: what others would do is unknown. */
const ownValue = (value: object, key: string): unknown =>
  key === 'stack' ? Reflect.get(value, key) : Object.getOwnPropertyDescriptor(value, key)?.value;

function copyOf(value: object, changed: PropertyDescriptorMap): object {
  const copy = value instanceof Error ? new Error() : Array.isArray(value) ? [] : {};
  Object.setPrototypeOf(copy, Object.getPrototypeOf(value));
  const own = Object.getOwnPropertyDescriptors(value) as PropertyDescriptorMap;
  for (const [key, change] of Object.entries(changed)) change.enumerable = own[key]?.enumerable ?? false;
  return Object.defineProperties(copy, { ...own, ...changed });
}
