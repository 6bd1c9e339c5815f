import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeployEvent } from '../src/domain/events.ts';
import { type Stack, stackDeployment, startStack } from './support/stack.ts';

describe('a deployment from a copy of the folder', () => {
  let stack: Stack;
  let copy: string;

  beforeAll(async () => {
    stack = await startStack('map', ['1', '2']);
    copy = await mkdtemp(join(tmpdir(), 'cutover-copy-'));
    for (const file of ['compose.yaml', '.env']) await cp(join(stack.directory, file), join(copy, file));
  });
  afterAll(async () => {
    await stack?.[Symbol.asyncDispose]();
    await rm(copy, { recursive: true });
  });

  it('warns at its end that the folder before would bring its cron back, which it does', async () => {
    const events: DeployEvent[] = [];
    const deployment = stackDeployment({ ...stack, directory: copy }, (event) => events.push(event));
    expect((await deployment.plan({ image: stack.image('2') })).warnings).toEqual([]);
    await deployment.deploy({ image: stack.image('2') });
    const text = expect.stringContaining(
      `${stack.directory}/.env names other images or profiles than ${copy}/.env`,
    );
    expect(events.at(-1)).toEqual({ type: 'warning', text });
    expect((await deployment.status()).warnings).toEqual([text]);
    const cron = async () =>
      (await execa('docker', ['inspect', '--format', '{{.Config.Image}}', `${stack.name}-cron`])).stdout;
    expect(await cron()).not.toBe(stack.image('1'));
    await stack.compose('up', '--detach', '--no-deps', 'cron');
    expect(await cron()).toBe(stack.image('1'));
  });
});
