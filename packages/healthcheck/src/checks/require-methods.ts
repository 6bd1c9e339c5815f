import { HealthcheckError } from '../errors.ts';

/** Refuses at the call a value without these methods: another kind of client, or no client. */
export function requireMethods(check: string, client: unknown, ...names: readonly string[]): void {
  const missing = names.find(
    (name) => typeof (Object(client) as Record<string, unknown>)[name] !== 'function',
  );
  if (!missing) return;
  throw new HealthcheckError('invalid-options', {
    doing: `reading what to check of ${check}`,
    found: `${client === null ? 'null' : typeof client} without a method ${missing}()`,
    wanted: `a URL, or a client that has ${names.map((name) => `${name}()`).join(', ')}`,
  });
}
