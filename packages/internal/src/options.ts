/** What one option accepts: a phrase for the error message, and the test. */
export interface OptionRule {
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
  readonly required?: boolean;
  /** How an error shows a value that is refused, where that could hold a secret. */
  readonly show?: (value: unknown) => string;
}

const rule = (expected: string, accepts: (value: unknown) => boolean): OptionRule => ({ expected, accepts });

/** The rules from which packages build their option tables. */
export const option = {
  /** Milliseconds: a finite number that is not negative. */
  duration: rule(
    'milliseconds, a number that is 0 or more',
    (v) => typeof v === 'number' && Number.isFinite(v) && v >= 0,
  ),
  /** Milliseconds, or `Infinity` for no limit. */
  limit: rule('milliseconds, or Infinity', (v) => typeof v === 'number' && v >= 0),
  count: rule('a whole number, 1 or more', (v) => Number.isInteger(v) && (v as number) >= 1),
  wholeNumber: rule('a whole number, 0 or more', (v) => Number.isInteger(v) && (v as number) >= 0),
  port: rule(
    'a port, 1 to 65535',
    (v) => Number.isInteger(v) && (v as number) >= 1 && (v as number) <= 65_535,
  ),
  /** A share of a whole. */
  share: rule('a number from 0 to 1', (v) => typeof v === 'number' && v >= 0 && v <= 1),
  pattern: rule('a regular expression', (v) => v instanceof RegExp),
  boolean: rule('true or false', (v) => typeof v === 'boolean'),
  text: rule('a text that is not empty', (v) => typeof v === 'string' && v !== ''),
  function: rule('a function', (v) => typeof v === 'function'),
  object: rule('an object', (v) => typeof v === 'object' && v !== null && !Array.isArray(v)),
  signal: rule('an AbortSignal', (v) => v instanceof AbortSignal),
  any: rule('anything', () => true),
  /** Must be given. */
  required: (of: OptionRule): OptionRule => ({ ...of, required: true }),
  list: (of: OptionRule): OptionRule =>
    rule(`a list, each ${of.expected}`, (v) => Array.isArray(v) && v.every(of.accepts)),
  oneOf: (...values: readonly string[]): OptionRule =>
    rule(`one of ${values.join(', ')}`, (v) => values.includes(v as string)),
  either: (...rules: readonly OptionRule[]): OptionRule =>
    rule(rules.map((r) => r.expected).join(' or '), (v) => rules.some((r) => r.accepts(v))),
};

/**
 * Checks `given` against `rules` and fills `defaults`. An unknown name, a wrong type or a wrong range is handed to
 * `refuse`, which throws the package's own error; `undefined` counts as not given.
 */
export function readOptions<T extends object, D extends Partial<T>>(
  given: T,
  rules: Readonly<Record<keyof T & string, OptionRule>>,
  defaults: D,
  refuse: (problem: { name: string; found: string; wanted: string }) => Error,
): T & Required<Pick<T, keyof D & keyof T>> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw refuse({ name: 'options', found: show(given), wanted: 'an object' });
  }
  const table: Readonly<Record<string, OptionRule>> = rules;
  const known = Object.keys(table);
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  for (const [name, value] of present) {
    const accepted = Object.hasOwn(table, name) ? table[name] : undefined;
    if (!accepted) {
      throw refuse({ name, found: 'an option of that name', wanted: `one of ${known.join(', ')}` });
    }
    if (!accepted.accepts(value))
      throw refuse({ name, found: (accepted.show ?? show)(value), wanted: accepted.expected });
  }
  for (const [name, { required, expected }] of Object.entries(table)) {
    const missing = required && !present.some(([given]) => given === name);
    if (missing) throw refuse({ name, found: 'nothing', wanted: expected });
  }
  return { ...defaults, ...Object.fromEntries(present) } as never;
}

/** A value as an error may show it: short, and only its kind when it could hold a secret. */
function show(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  if (typeof value === 'string') return value.length > 60 || /[@?]/.test(value) ? 'a text' : `'${value}'`;
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
