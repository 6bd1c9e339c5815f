import { describe, expect, it } from 'vitest';
import type { DeployError } from '../../src/domain/errors.ts';
import type { Ports, UpOrder } from '../../src/ports/index.ts';
import { deployRelease } from '../../src/run/deployment.ts';
import { release } from '../support/releases.ts';
import { World } from '../support/world.ts';

type Change = (ports: Ports, world: World) => Partial<Ports>;

const deploy = (
  world: World,
  change: Change,
  options: { kind?: 'rollback'; version?: string; signal?: AbortSignal } = {},
) =>
  world.run(({ settings, ports }) =>
    deployRelease(
      { settings, ports: { ...ports, ...change(ports, world) } },
      { kind: options.kind ?? 'deploy', release: release(options.version ?? '2'), signal: options.signal },
    ),
  );

const failed = (work: Promise<unknown>): Promise<DeployError> =>
  work.then(
    () => expect.fail('it did not fail'),
    (error) => error,
  );

/** The new slot's container as it is from now on. */
const strike = (world: World, change: object) => {
  world.containers = world.containers.map((c) => (c.service === 'api_green' ? { ...c, ...change } : c));
};

const isBackground = (orders: readonly UpOrder[]) => orders.some(({ service }) => service === 'cron');

const allOld = (world: World) => {
  expect(world.router).toMatchObject({ live: 'blue', stored: 'blue' });
  for (const service of ['api_blue', 'cron', 'worker']) expect(world.version(service)).toBe('api:1');
  expect(world.version('api_green')).toBe('');
};

describe('a new slot that has the traffic', () => {
  it.each([
    ['has exited', { running: false, exitCode: 137 }, 'exited with code 137'],
    ['was started again', { startedAt: 'again' }, 'was started again'],
    ['is paused', { paused: true }, 'is paused'],
    ['is unhealthy', { health: 'unhealthy' }, 'unhealthy'],
    ['is about to be started again', { restarting: true }, 'restarts'],
  ])('and %s while the background services start gives it back first', async (_, change, words) => {
    const world = new World();
    const error = await failed(
      deploy(world, ({ engine }) => ({
        engine: {
          ...engine,
          up: async (orders) => {
            await engine.up(orders);
            if (isBackground(orders) && world.router.live === 'green') strike(world, change);
          },
        },
      })),
    );
    expect(error).toMatchObject({ code: 'watch-failed', facts: { outcome: 'reverted' } });
    expect(error.message).toContain(words);
    const after = world.calls.slice(world.calls.indexOf('write undo') + 1);
    expect(after.filter((call) => !call.startsWith('write'))[0]).toBe('switch blue');
    allOld(world);
  });

  it('does not wait for a start that is under way', async () => {
    const world = new World();
    const { clock } = world;
    const error = await failed(
      deploy(world, ({ engine }) => ({
        engine: {
          ...engine,
          up: async (orders) => {
            if (isBackground(orders) && world.router.live === 'green') {
              strike(world, { running: false });
              await clock.sleep(60_000);
              world.calls.push('the start is through');
            }
            await engine.up(orders);
          },
        },
      })),
    );
    expect(error.code).toBe('watch-failed');
    expect(world.calls.indexOf('switch blue')).toBeLessThan(world.calls.indexOf('the start is through'));
    allOld(world);
  });

  it.each([
    ['one bad answer in five', 5, 'deployed'],
    ['two bad answers in five', 2, 'watch-failed'],
  ])('and gives %s through the router', async (_, every, outcome) => {
    const world = new World();
    let asked = 0;
    const end = await deploy(world, ({ router }) => ({
      router: {
        ...router,
        probe: async () => {
          if (world.router.live === 'green' && ++asked % every === 0) throw new Error('status 500');
        },
      },
    })).catch((error: DeployError) => ({ outcome: error.code }));
    expect(end.outcome).toBe(outcome);
  });

  it('keeps it while the old slot could not take it either', async () => {
    const world = new World();
    const end = await deploy(world, ({ engine }) => ({
      engine: {
        ...engine,
        up: async (orders) => {
          await engine.up(orders);
          if (!isBackground(orders) || world.router.live !== 'green') return;
          world.containers = world.containers.map((c) =>
            c.service === 'api_blue' ? { ...c, health: 'unhealthy' as const } : c,
          );
          strike(world, { health: 'unhealthy' });
        },
      },
    })).catch((error: DeployError) => error);
    expect(world.calls).not.toContain('switch blue');
    expect(end).toMatchObject({ code: 'watch-failed', facts: { outcome: 'unfinished' } });
  });
});

describe('a deployment that is interrupted after the switch', () => {
  it.each([
    ['rollback', { kind: 'rollback', version: '1' } as const],
    ['a deployment of the release that ran before', { version: '1' }],
  ])('is undone by %s with one switch to the warm slot', async (_, order) => {
    const world = new World();
    const controller = new AbortController();
    const error = await failed(
      deploy(
        world,
        ({ emit }) => ({
          emit: (event) => {
            emit(event);
            if (event.type === 'step' && event.step.do === 'watch') controller.abort(new Error('Ctrl-C'));
          },
        }),
        { signal: controller.signal },
      ),
    );
    expect(error).toMatchObject({ code: 'interrupted', facts: { outcome: 'unfinished' } });
    expect(world.router.live).toBe('green');
    world.calls.splice(0);
    expect(await deploy(world, () => ({}), order)).toMatchObject({
      outcome: 'deployed',
      live: 'blue',
      previous: '2',
    });
    expect(world.calls.filter((call) => /^switch|api_blue/.test(call))).toEqual([
      'switch blue',
      'prefer api_blue',
    ]);
    allOld(world);
  });
});
