import { resolve } from 'node:path';
import { startContainer } from '@cutover/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bundle } from '../programs.ts';
import { wrappedProject } from './wrapped.ts';

const repository = resolve(import.meta.dirname, '../../../..');

/** Runs an entry point as process 1, stops its container once the app is up, and tells how that went. */
async function stopAsProcessOne(command: readonly string[]) {
  const settings = JSON.stringify({ command, cwd: await wrappedProject() });
  const entry = `const { runService } = await import(${JSON.stringify(bundle)}); await runService(${settings});`;
  const container = await startContainer({
    image: 'node:24-bookworm-slim',
    command: ['node', '--input-type=module', '-e', entry],
    host: { Binds: [`${repository}:${repository}:ro`] },
  });
  onTestFinished(() => container[Symbol.asyncDispose]());
  await expect.poll(() => container.logs()).toContain('serving as');
  await container.stop(8);
  const { State } = await container.inspect();
  return { exitCode: State.ExitCode, logs: await container.logs() };
}

describe('runService as process 1', () => {
  it.each([
    ['sh -c', ['sh', '-c', 'true && node app.cjs; true']],
    ['npm start', ['npm', 'start']],
    ['a launcher that ends at once', ['node', 'launcher.cjs']],
  ])('drains the service under %s before the container ends', async (_, command) => {
    const { exitCode, logs } = await stopAsProcessOne(command);
    expect(logs).toContain('drained');
    expect(logs).not.toContain('signal 2');
    expect(exitCode).toBe(0);
  });
});
