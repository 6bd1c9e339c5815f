import { HealthcheckError } from '../errors.ts';

/** A URL of one of `schemes`, or a refusal at the call that shows nothing of it. */
export function readDatabaseUrl(check: string, url: string, schemes: readonly string[]): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && schemes.includes(parsed.protocol)) return parsed;
  throw new HealthcheckError('invalid-options', {
    doing: `reading the URL of ${check}`,
    found: parsed ? `${parsed.protocol}//` : 'a text that is no URL',
    wanted: `one that begins with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`,
  });
}

/** Refuses at the call what has no method of that name: a client of another kind, or none. */
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
