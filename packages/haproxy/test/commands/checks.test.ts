import { describe, expect, it } from 'vitest';
import type { RuntimeClient } from '../../src/index.ts';
import { failure, withFake } from '../support/with-fake.ts';

const BLUE = { backend: 'app', server: 'blue' };

describe('the place of a check', () => {
  it.each<[string, (c: RuntimeClient) => Promise<unknown>, string, string]>([
    [
      'setServerCheckAddress',
      (c) => c.setServerCheckAddress(BLUE, '10.0.0.1'),
      'set server app/blue check-addr 10.0.0.1',
      '',
    ],
    [
      'setServerCheckAddress',
      (c) => c.setServerCheckAddress(BLUE, '10.0.0.1', 81),
      'set server app/blue check-addr 10.0.0.1 port 81',
      '',
    ],
    [
      'setServerCheckPort',
      (c) => c.setServerCheckPort(BLUE, 81),
      'set server app/blue check-port 81',
      'health check port updated.',
    ],
    [
      'setServerAgentAddress',
      (c) => c.setServerAgentAddress(BLUE, '::1', 82),
      'set server app/blue agent-addr ::1 port 82',
      '',
    ],
    [
      'setServerAgentSend',
      (c) => c.setServerAgentSend(BLUE, 'who are you?'),
      'set server app/blue agent-send who\\ are\\ you?',
      '',
    ],
  ])('%s sends "%3$s"', async (_, call, line, answer) => {
    const { fake, haproxy } = await withFake();
    fake.fault(/^set server/, { answer });
    expect(await call(haproxy)).toBe(true);
    expect(fake.lines.at(-1)).toBe(line);
  });

  it('is refused by HAProxy for a server that is not checked', async () => {
    const { fake, haproxy } = await withFake();
    fake.fault(/check-addr/, { answer: 'Health checks are not enabled on this server.' });
    expect((await failure(haproxy.setServerCheckAddress(BLUE, '10.0.0.1'))).code).toBe('refused');
  });

  it('sends nothing of an address or port that cannot be one', async () => {
    const { fake, haproxy } = await withFake();
    for (const call of [
      haproxy.setServerCheckAddress(BLUE, 'a;quit'),
      haproxy.setServerCheckPort(BLUE, 70_000),
      haproxy.setServerAgentAddress(BLUE, '10.0.0.1', 0),
      haproxy.setServerAgentSend(BLUE, 'a;quit'),
    ])
      expect((await failure(call)).code).toBe('invalid-options');
    expect(fake.lines).toEqual([]);
  });
});
