import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const folder = new URL('../../src/core/', import.meta.url);
const files = readdirSync(folder);

/** What would make the core depend on anything but its ports. */
const impure: Readonly<Record<string, RegExp>> = {
  timers: /\b(set|clear)(Timeout|Interval|Immediate)\b|\bqueueMicrotask\b|AbortSignal\.(timeout|any)\b/,
  dates: /\bDate\b|\bperformance\b|\bhrtime\b|\bsystemClock\b/,
  randomness: /Math\.random|\brandom(UUID|Bytes|Int)\b|\bcrypto\b/,
  processes: /\bprocess\b\s*[.[]|\bexeca\b|child_process|\bglobalThis\b/,
  'files and sockets': /from 'node:|\bimport\(|\brequire\(|\bfetch\(/,
};

const code = (name: string): string =>
  readFileSync(new URL(name, folder), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');

describe('src/core', () => {
  it.each(Object.entries(impure))('uses no %s', (_, pattern) => {
    expect(files.filter((name) => pattern.test(code(name)))).toEqual([]);
  });

  it("imports nothing but itself, the package's words, the pure rules of a gate and the private package", () => {
    const imported = files.flatMap((name) => [...code(name).matchAll(/^(import .*)from '([^']+)'/gm)]);
    const foreign = imported
      .filter(([, clause, from]) => !clause?.startsWith('import type') && !from?.startsWith('./'))
      .map(([, , from]) => from);
    expect([...new Set(foreign)].sort()).toEqual([
      '../errors.ts',
      '@cutover/healthcheck/gate',
      '@cutover/internal',
    ]);
  });

  it('passes its clock to every bounded wait', () => {
    const waits = files.flatMap((name) => [...code(name).matchAll(/\bbounded\(\{([^}]*)\}/g)]);
    expect(waits.length).toBeGreaterThan(0);
    expect(waits.filter(([, options]) => !options?.includes('clock'))).toEqual([]);
  });
});
