import { describe, expect, it } from 'vitest';
import { program } from './helpers/program.ts';

/** The files that importing `entries` loads, in one fresh process. */
async function loadedBy(...entries: readonly string[]): Promise<string[]> {
  // Reports every module that is resolved after it has been registered.
  const hook = `export async function resolve(specifier, context, next) {
    const found = await next(specifier, context);
    process._rawDebug(found.url);
    return found;
  }`;
  const { stderr, code } = await program(`
    import { register } from 'node:module';
    register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hook)}`)});
    for (const entry of ${JSON.stringify(entries)}) await import(entry);`);
  expect(code).toBe(0);
  return stderr.split('\n').filter((line) => line.startsWith('file:'));
}

describe('the root entry', () => {
  it('loads no driver: its own modules, Node’s, and p-timeout', async () => {
    const loaded = await loadedBy('@cutover/healthcheck');
    expect(loaded.length).toBeGreaterThan(20);
    expect(
      loaded.filter(
        (url) => !/packages\/(healthcheck|internal)\/src\/|\/node_modules\/p-timeout\//.test(url),
      ),
    ).toEqual([]);
  });
});

describe('the entries for a HEALTHCHECK command', () => {
  it.each(['http', 'pm2', 'heartbeat'])('run and %s load no other check and no endpoint', async (name) => {
    const loaded = await loadedBy('@cutover/healthcheck/run', `@cutover/healthcheck/${name}`);
    const folders = loaded.flatMap((url) => /healthcheck\/src\/(\w+)\//.exec(url)?.[1] ?? []);
    expect(new Set(folders)).toEqual(new Set(['checks', 'run']));
    const checks = ['http', 'pm2', 'heartbeat', 'tcp', 'postgres', 'mysql', 'redis', 'prisma', 'container'];
    expect(checks.filter((check) => loaded.some((url) => url.includes(`/checks/${check}.ts`)))).toEqual([
      name,
    ]);
  });

  it.each(['run', 'http', 'pm2', 'heartbeat'])('%s gives what the root gives', async (name) => {
    const root: object = await import('../src/index.ts');
    const entry: object = await import(`../src/${name}.ts`);
    expect(root).toMatchObject(entry);
  });
});
