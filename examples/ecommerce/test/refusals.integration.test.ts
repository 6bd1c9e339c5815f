import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createStack, type Stack } from '../demo/stack.ts';
import { runShopScript } from './run-script.ts';

// HAProxy alone: none of these gets as far as the shop.
let stack: Stack;

beforeAll(async () => {
  stack = await createStack('1.0.0');
  // Any image will do: none of it is started.
  await execa('docker', ['tag', 'redis:7.0-bookworm', stack.image('1.0.0')]);
  await stack.compose(['up', '--detach', '--wait', 'ecomweb_haproxy']);
});

afterAll(async () => {
  await stack?.remove();
  await execa('docker', ['image', 'rm', stack.image('1.0.0')], { reject: false });
});

/** Everything that a deployment could have changed. */
const state = async () => ({
  containers: (
    await execa('docker', ['ps', '--all', '--no-trunc', '--format', '{{.ID}} {{.Names}} {{.State}}'])
  ).stdout
    .split('\n')
    .filter((line) => line.includes(stack.project)),
  environment: await readFile(join(stack.directory, '.env'), 'utf8'),
  map: await readFile(join(stack.directory, 'haproxy/maps/live.map'), 'utf8'),
});

async function expectRefusal(
  args: readonly string[],
  code: string,
  { env, stdout = '' }: { env?: Record<string, string>; stdout?: string | RegExp } = {},
): Promise<void> {
  const before = await state();
  const run = await runShopScript(stack.directory, ['deploy.ts', ...args], env);
  const { exitCode, stderr } = run;
  expect(stderr).toMatch(new RegExp(`^${code}: .+`));
  expect(stderr.split('\n')).toHaveLength(1);
  expect(exitCode).toBe(1);
  expect(run.stdout).toMatch(stdout === '' ? /^$/ : stdout);
  expect(await state()).toEqual(before);
}

describe('deploy.ts refuses, changing nothing,', () => {
  it('to deploy without a version', () => expectRefusal([], 'invalid-release'));

  it('an image that does not exist', () =>
    expectRefusal(['9.9.9'], 'image-missing', { stdout: /^ {2}… pulling \S+:9\.9\.9\n/ }));

  it('an unknown slot', () => expectRefusal(['1.0.0', 'purple'], 'unknown-slot'));

  it('a Compose file with a missing service', async () => {
    const path = join(stack.directory, 'compose.yaml');
    const whole = await readFile(path, 'utf8');
    onTestFinished(() => writeFile(path, whole));
    await writeFile(path, whole.replace('  ecomweb_worker:\n', '  another_worker:\n'));
    await expectRefusal(['1.0.0'], 'service-missing');
  });

  it('to deploy while the socket of HAProxy is absent', async () => {
    const path = join(stack.directory, 'run/haproxy/admin.sock');
    await rename(path, `${path}.away`);
    onTestFinished(() => rename(`${path}.away`, path));
    await expectRefusal(['1.0.0'], 'router-unreachable');
  });

  it('to deploy while the engine is down', () =>
    expectRefusal(['1.0.0'], 'engine-unreachable', {
      env: { DOCKER_HOST: 'unix:///nonexistent/docker.sock' },
    }));
});
