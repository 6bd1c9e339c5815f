import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const source = new URL('../src/', import.meta.url);
/** All but the adapters, which touch the world, and the entry points, which put them together. */
const folders = ['domain', 'ports', 'options', 'intent', 'steps', 'run', 'signals', 'status'];
const files = folders.flatMap((folder) =>
  readdirSync(new URL(folder, source)).map((name) => `${folder}/${name}`),
);

/** What would make the inside depend on anything but its ports. */
const impure: Readonly<Record<string, RegExp>> = {
  timers: /\b(set|clear)(Timeout|Interval|Immediate)\b|\bqueueMicrotask\b|AbortSignal\.(timeout|any)\b/,
  dates: /\bDate\b(?!\.parse)|\bperformance\b|\bhrtime\b|\bsystemClock\b/,
  randomness: /Math\.random|\brandom(UUID|Bytes|Int)\b|\bcrypto\b/,
  processes: /\bprocess\b\s*[.[]|\bexeca\b|child_process|\bglobalThis\b/,
  'files and sockets': /from 'node:|\bimport\(|\brequire\(|\bfetch\(/,
};

const code = (name: string): string =>
  readFileSync(new URL(name, source), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');

describe(folders.join(', '), () => {
  it.each(Object.entries(impure))('uses no %s', (_, pattern) => {
    expect(files.filter((name) => pattern.test(code(name)))).toEqual([]);
  });

  it('import nothing but themselves, the pure rules of a gate and the private package', () => {
    const imported = files.flatMap((name) => [...code(name).matchAll(/^(import .*)from '([^']+)'/gm)]);
    const own = new RegExp(`^(\\.|\\.\\./(${folders.join('|')}))/[\\w-]+\\.ts$`);
    const foreign = imported
      .filter(([, clause]) => !clause?.startsWith('import type'))
      .map(([, , from = '']) => from)
      .filter((from) => !own.test(from));
    expect([...new Set(foreign)].sort()).toEqual(['@cutover/healthcheck/gate', '@cutover/internal']);
  });

  it('name no product', () => {
    const named = files.filter((name) => /compose|docker|haproxy|kong|caddy/i.test(code(name)));
    // The table of errors tells a person which program to look at.
    expect(named).toEqual(['domain/errors.ts']);
  });

  it('passes its clock to every bounded wait', () => {
    const waits = files.flatMap((name) => [...code(name).matchAll(/\bbounded\(\{([^}]*)\}/g)]);
    expect(waits.length).toBeGreaterThan(0);
    expect(waits.filter(([, options]) => !options?.includes('clock'))).toEqual([]);
  });
});
