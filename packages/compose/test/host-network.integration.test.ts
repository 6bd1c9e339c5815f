import { startLoad } from '@cutover/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stack, stackDeployment, startStack } from './support/stack.ts';

describe('blueGreen with HAProxy in the network of the host', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack('host', ['1', '2']);
  }, 180_000);
  afterAll(() => stack?.[Symbol.asyncDispose]());

  it('finds the containers at their published ports, and loses no request on the way there and back', async () => {
    const deployment = stackDeployment(stack, () => {});
    const load = startLoad({
      target: stack.url,
      rate: 50,
      duration: 120_000,
      requests: [
        { name: 'kept', path: '/', includes: '{id}' },
        { name: 'fresh', path: '/', connection: 'fresh', includes: '{id}' },
      ],
    });
    try {
      expect(await deployment.deploy({ image: stack.image('2') })).toMatchObject({ outcome: 'deployed' });
      expect(await deployment.rollback()).toMatchObject({ outcome: 'deployed', release: stack.image('1') });
    } finally {
      await load.stop();
    }
    expect((await load.finished).failures).toEqual({});
  }, 120_000);
});
