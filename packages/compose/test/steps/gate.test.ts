import { describe, expect, it } from 'vitest';
import type { Container } from '../../src/domain/container.ts';
import { judge } from '../../src/domain/container.ts';
import { deployRelease } from '../../src/run/deployment.ts';
import { release } from '../support/releases.ts';
import { World } from '../support/world.ts';

const container: Container = {
  id: 'a',
  name: 'api',
  service: 'api',
  image: 'i',
  imageName: 'api:2',
  running: true,
  health: 'healthy',
  startedAt: 'once',
  restarts: 0,
  exitCode: 0,
  addresses: ['172.18.0.5'],
};
const up = { up: true, address: '172.18.0.5' };

describe('judge', () => {
  it.each([
    ['good', container, up, { good: true }],
    ['gone', undefined, up, { final: true, why: 'the container is gone' }],
    [
      'exited',
      { ...container, running: false, exitCode: 3 },
      up,
      { final: true, why: 'the container exited with code 3' },
    ],
    ['restarted', { ...container, startedAt: 'again' }, up, { final: true, why: 'the container restarts' }],
    ['unhealthy', { ...container, health: 'unhealthy' as const }, up, { final: true }],
    [
      'starting',
      { ...container, health: 'starting' as const },
      up,
      { why: 'its health check has not passed yet' },
    ],
    ['down for the router', container, { ...up, up: false }, { why: 'the router does not see it up yet' }],
    ['up at a former address', container, { ...up, address: '172.18.0.9' }, { good: false }],
  ])('a container that is %s', (_, now, router, expected) => {
    expect(judge(container, now, [[router]])).toMatchObject(expected);
  });
});

describe('gate', () => {
  it('refuses a slot that comes and goes, before its time is over', async () => {
    const world = new World();
    let looks = 0;
    const failed = world.run(({ settings, ports }) => {
      const observe = async () => {
        const state = await ports.router.observe();
        const green = { up: looks++ % 2 === 0, sessions: 0 };
        return { ...state, slots: { ...state.slots, green } };
      };
      return deployRelease(
        { settings, ports: { ...ports, router: { ...ports.router, observe } } },
        { kind: 'deploy', release: release('2') },
      );
    });
    await expect(failed).rejects.toMatchObject({
      code: 'gate-failed',
      message: expect.stringContaining('it comes and goes'),
    });
  });

  it('makes the router forget the checks of whoever was in the slot before, and never those of the live slot', async () => {
    const world = new World();
    const forgotten: string[] = [];
    await world.run(({ settings, ports }) => {
      const router = {
        ...ports.router,
        warm: async (slot: string) => void forgotten.push(`${slot}, ${world.router.live} is live`),
      };
      return deployRelease(
        { settings, ports: { ...ports, router } },
        { kind: 'deploy', release: release('2') },
      );
    });
    expect(forgotten).toEqual(['green, blue is live']);
  });

  it('starts its count again after one bad look', async () => {
    const world = new World();
    const looks = [true, true, false, true, true, true];
    const seen: string[] = [];
    const check = {
      name: 'smoke',
      run: async () => {
        const good = looks.shift() ?? true;
        // In the watch it goes on.
        if (world.router.live === 'blue') seen.push(good ? 'good' : 'bad');
        if (!good) throw new Error('502');
      },
    };
    await world.run(({ settings, ports }) => {
      const gate = { ...settings.policy.gate, consecutive: 3, stableFor: 0, checks: [check] };
      const policy = { ...settings.policy, gate };
      return deployRelease(
        { settings: { ...settings, policy }, ports },
        { kind: 'deploy', release: release('2') },
      );
    });
    expect(seen).toEqual(['good', 'good', 'bad', 'good', 'good', 'good']);
  });

  describe('of a container that is unhealthy from 80 s on and healthy from 95 s on', () => {
    /** Its health by the time since the deployment began. */
    const healthAt = (ms: number) => (ms < 80_000 ? 'starting' : ms < 95_000 ? 'unhealthy' : 'healthy');
    const deploy = (world: World, unhealthy: 'fail' | 'wait', timeout: number) =>
      world.run(({ settings, ports }) => {
        const begun = world.clock.now();
        const observe = async () =>
          (await ports.engine.observe()).map((one) =>
            one.service === 'api_green' ? { ...one, health: healthAt(world.clock.now() - begun) } : one,
          ) satisfies Container[];
        const gate = { ...settings.policy.gate, unhealthy, timeout };
        return deployRelease(
          {
            settings: { ...settings, policy: { ...settings.policy, gate } },
            ports: { ...ports, engine: { ...ports.engine, observe } },
          },
          { kind: 'deploy', release: release('2') },
        );
      });

    it('passes under wait', async () => {
      expect(await deploy(new World(), 'wait', 300_000)).toMatchObject({
        outcome: 'deployed',
        live: 'green',
      });
    });

    it.each([
      ['fail', 300_000, 80_000],
      ['wait', 90_000, 90_000],
    ] as const)(
      'is refused under %s with a timeout of %d ms, after %d ms',
      async (unhealthy, timeout, after) => {
        const world = new World();
        const begun = world.clock.now();
        await expect(deploy(world, unhealthy, timeout)).rejects.toMatchObject({
          code: 'gate-failed',
          message: expect.stringContaining('its health check says unhealthy'),
        });
        expect(world.clock.now() - begun).toBeGreaterThanOrEqual(after);
        expect(world.clock.now() - begun).toBeLessThan(after + 2_000);
      },
    );
  });
});
