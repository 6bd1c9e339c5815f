import { expect, it } from 'vitest';
import { withFake } from '../support/with-fake.ts';

it('showResolvers reads the counters of each name server of each section', async () => {
  const { fake, haproxy } = await withFake();
  fake.fault(/^show resolvers/, {
    answer: [
      'Resolvers section docker',
      ...[' nameserver dns:', '  sent:        7', '  snd_error:   0'],
      ...[' nameserver two:', '  sent:        1'],
      ...['Resolvers section default', ' nameserver 127.0.0.53:', '  nx:          3'],
    ].join('\n'),
  });
  expect(await haproxy.showResolvers()).toEqual([
    { resolvers: 'docker', name: 'dns', counters: { sent: 7, snd_error: 0 } },
    { resolvers: 'docker', name: 'two', counters: { sent: 1 } },
    { resolvers: 'default', name: '127.0.0.53', counters: { nx: 3 } },
  ]);
});
