import { describe, expect, it } from 'vitest';
import { type Container, judge } from '../../src/domain/container.ts';

const container = (changes: Partial<Container> = {}): Container => ({
  id: 'c',
  name: 'api-1',
  service: 'api',
  image: 'sha256:1',
  imageName: 'api:1',
  running: true,
  health: 'healthy',
  startedAt: '1',
  restarts: 0,
  exitCode: 0,
  addresses: ['10.0.0.2', '2001:db8::2'],
  ...changes,
});

describe('judge', () => {
  it.each(['10.0.0.2', '2001:DB8:0:0::2', '[2001:db8::2]', '::ffff:10.0.0.2'])(
    'finds the container where the router looks at %s, one of its addresses however written',
    (address) => {
      expect(judge(container(), container(), [[{ up: true, address }]])).toEqual({ good: true });
    },
  );

  it('says that the router still looks at the address of another one', () => {
    expect(judge(container(), container(), [[{ up: true, address: '10.0.0.3' }]])).toMatchObject({
      good: false,
      why: 'the router still looks at 10.0.0.3, not at this container',
    });
  });

  it.each<[string, Partial<Container>, boolean | undefined]>([
    ['exited with code 137', { running: false, exitCode: 137 }, true],
    ['restarts', { startedAt: '2' }, true],
    ['restarts', { restarting: true }, true],
    ['is paused', { paused: true }, undefined],
    ['unhealthy', { health: 'unhealthy' }, true],
    ['has not passed yet', { health: 'starting' }, undefined],
  ])('says %s, and whether it may still get better', (words, changes, final) => {
    const found = judge(container(), container(changes), [[{ up: true }]]);
    expect(found).toMatchObject({ good: false, why: expect.stringContaining(words) });
    expect('final' in found ? found.final : undefined).toBe(final);
  });
});
