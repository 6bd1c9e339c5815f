import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeployEvent } from '../src/domain/events.ts';
import { type Stack, stackDeployment, startStack, untilProven } from './support/stack.ts';

describe('blueGreen when the engine has no record of the image that runs', () => {
  let stack: Stack;
  const events: DeployEvent[] = [];
  const deployment = (options = {}) => stackDeployment(stack, (event) => events.push(event), options);
  const noWayBack = () =>
    `api_blue: the engine has no record of the image that it runs (${stack.image('1')}); there is no way back to it once it is stopped`;
  const live = async () => (await fetch(stack.url)).headers.get('x-version');

  beforeAll(async () => {
    stack = await startStack('map', ['1', '2']);
    const file = join(stack.directory, '.env');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace(/^(CRON|WORKER)_IMAGE=.*$/gm, `$1_IMAGE=${stack.image('2')}`));
    await stack.compose('up', '--detach');
    // While it runs, this engine's store keeps the record; the one of containerd does not.
    await stack.compose('stop', 'api_blue');
    await execa('docker', ['image', 'rm', '--force', stack.image('1')]);
    await stack.compose('start', 'api_blue');
    await untilProven(stack.router);
  });
  afterAll(() => stack?.[Symbol.asyncDispose]());

  it('says in the plan that there is no way back', async () => {
    expect((await deployment().plan({ image: stack.image('2') })).because).toContain(noWayBack());
  });

  it('goes back to the slot while that is warm', async () => {
    const afterSwitch = () => Promise.reject(new Error('not this one'));
    const deploying = deployment({ hooks: { afterSwitch } }).deploy({ image: stack.image('2') });
    await expect(deploying).rejects.toMatchObject({ facts: { outcome: 'reverted' } });
    expect(await live()).toBe('1');
  });

  it('deploys, with a word in its events and its history', async () => {
    events.length = 0;
    await deployment().deploy({ image: stack.image('2') });
    expect(await live()).toBe('2');
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'deploying',
        intent: expect.objectContaining({ because: expect.arrayContaining([noWayBack()]) }),
      }),
    );
    expect((await deployment().history()).at(-1)?.why).toContain(noWayBack());
  });

  it('says of a rollback why it cannot go there, and changes nothing', async () => {
    const before = await stack.compose('ps', '--all', '--quiet');
    await expect(deployment().rollback()).rejects.toMatchObject({
      code: 'image-missing',
      facts: { outcome: 'unchanged' },
      message: expect.stringContaining(
        `rolling back to ${stack.image('1')}: its image ${stack.image('1')} is gone from the engine`,
      ),
    });
    expect(await stack.compose('ps', '--all', '--quiet')).toBe(before);
  });
});
