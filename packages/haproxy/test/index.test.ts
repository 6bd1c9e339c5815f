import { execFile } from 'node:child_process';
import { createConnection } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createRuntimeClient } from '../src/index.ts';
import { bundled } from '../tsup.config.ts';
import { withFake } from './support/with-fake.ts';

describe('@cutover/haproxy', () => {
  it('loads nothing but itself and node built-ins', async () => {
    const entry = fileURLToPath(new URL('../src/index.ts', import.meta.url));
    const build = `require('esbuild').buildSync({ entryPoints: [${JSON.stringify(entry)}], bundle: true, platform: 'node', format: 'esm', write: false, metafile: true, conditions: ['@cutover/source'] }).metafile`;
    const script = `const esbuild = require.resolve('esbuild', { paths: [require.resolve('tsup', { paths: [${JSON.stringify(entry)}, process.cwd()] })] }); const m = ${build.replace("require('esbuild')", 'require(esbuild)')}; console.log(JSON.stringify([Object.keys(m.inputs), Object.values(m.outputs)[0].imports.map((i) => i.path)]))`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script]);
    const [inputs, imports] = JSON.parse(stdout) as [string[], string[]];
    const packages = inputs.flatMap((input) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? []);
    expect(packages.filter((name) => !bundled.includes(name))).toEqual([]);
    expect(imports.filter((name) => !name.startsWith('node:'))).toEqual([]);
  });

  it('speaks over a stream of the caller', async () => {
    const { fake } = await withFake();
    await using haproxy = createRuntimeClient({
      connect: async () => createConnection(fake.address),
    });
    expect((await haproxy.showVersion()).text).toBe('3.0.11');
    expect(haproxy.label).toBe('HAProxy (own connection)');
  });
});
