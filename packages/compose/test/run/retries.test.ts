import { FakeClock } from '@cutover/testing';
import { describe, expect, it } from 'vitest';
import { DeployError } from '../../src/domain/errors.ts';
import type { Ports } from '../../src/ports/index.ts';
import { RETRY_FOR, retryingPorts } from '../../src/run/retries.ts';

const silent = new Error('connect ECONNREFUSED');

/** Ports of which only `engine.observe` and `router.observe` are there, failing so many times. */
function portsFailing(times: number, error: Error = silent) {
  const clock = new FakeClock();
  let asked = 0;
  const observe = async () => {
    if (++asked <= times) throw error;
    return 'seen';
  };
  const ports = retryingPorts({ engine: { observe }, router: { observe }, clock } as unknown as Ports);
  return { ports, clock, asked: () => asked };
}

describe('retryingPorts', () => {
  it.each(['engine', 'router'] as const)('asks the %s again until it answers', async (who) => {
    const { ports, clock, asked } = portsFailing(3);
    const look = ports[who].observe();
    await clock.advance(3_000);
    expect(await look).toBe('seen');
    expect(asked()).toBe(4);
  });

  it.each(['engine', 'router'] as const)(
    'says that the %s is unreachable when its patience ends',
    async (who) => {
      const { ports, clock } = portsFailing(Number.POSITIVE_INFINITY);
      const failed = expect(ports[who].observe()).rejects.toMatchObject({
        code: `${who}-unreachable`,
        message: expect.stringContaining('ECONNREFUSED'),
      });
      await clock.advance(RETRY_FOR + 1_000);
      await failed;
    },
  );

  it('takes a finding for an answer', async () => {
    const finding = new DeployError('router-unfit', { doing: 'looking', found: 'fall 1' });
    const { ports, asked } = portsFailing(1, finding);
    await expect(ports.router.observe()).rejects.toBe(finding);
    expect(asked()).toBe(1);
  });
});
