import { describe, expect, it } from 'vitest';
import { program } from './helpers/program.ts';

describe('the root entry', () => {
  it('loads no driver: its own modules, Node’s, and p-timeout', async () => {
    // Reports every module that is resolved after it has been registered.
    const hook = `export async function resolve(specifier, context, next) {
      const found = await next(specifier, context);
      process._rawDebug(found.url);
      return found;
    }`;
    const { stderr, code } = await program(`
      import { register } from 'node:module';
      register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hook)}`)});
      await import('@cutover/healthcheck');`);
    expect(code).toBe(0);
    const loaded = stderr.split('\n').filter((line) => line.startsWith('file:'));
    expect(loaded.length).toBeGreaterThan(20);
    expect(
      loaded.filter(
        (url) => !/packages\/(healthcheck|internal)\/src\/|\/node_modules\/p-timeout\//.test(url),
      ),
    ).toEqual([]);
  }, 30_000);
});
