import { describe, expect, it } from 'vitest';
import type { HookFacts, Hooks } from '../../src/domain/policy.ts';
import { deployRelease } from '../../src/run/deployment.ts';
import { release } from '../support/releases.ts';
import { World } from '../support/world.ts';

const deploy = (world: World, hooks: Hooks, signal?: AbortSignal) =>
  world.run(({ settings, ports }) =>
    deployRelease(
      { settings: { ...settings, policy: { ...settings.policy, hooks } }, ports },
      { kind: 'deploy', release: release('2'), signal },
    ),
  );

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

describe('a hook', () => {
  it('is told the release, the slot, and by its signal that the deployment is asked to stop', async () => {
    const world = new World();
    const controller = new AbortController();
    const told: HookFacts[] = [];
    const beforeSwitch = async (facts: HookFacts) => {
      told.push(facts);
      controller.abort(new Error('Ctrl-C'));
    };
    await deploy(world, { beforeSwitch }, controller.signal).catch(() => {});
    expect(told).toMatchObject([{ release: '2', to: 'green', signal: { reason: controller.signal.reason } }]);
  });

  it('before the switch is waited for when the deployment is asked to stop, and traffic never moves', async () => {
    const world = new World();
    const controller = new AbortController();
    let ended = false;
    const beforeSwitch = async ({ signal }: HookFacts) => {
      controller.abort(new Error('Ctrl-C'));
      expect(signal.aborted).toBe(true);
      await world.clock.sleep(2_000);
      expect(world.calls).not.toContain('write undo');
      ended = true;
    };
    await expect(deploy(world, { beforeSwitch }, controller.signal)).rejects.toMatchObject({
      code: 'interrupted',
      facts: { outcome: 'reverted' },
    });
    expect(ended).toBe(true);
    expect(world.calls.filter((call) => call.startsWith('switch'))).toEqual([]);
  });

  it('after the switch that rejects since the deployment is asked to stop sends the traffic back', async () => {
    const world = new World();
    const controller = new AbortController();
    const afterSwitch = async ({ signal }: HookFacts) => {
      controller.abort(new Error('Ctrl-C'));
      await aborted(signal);
      throw new Error('killed by our signal');
    };
    await expect(deploy(world, { afterSwitch }, controller.signal)).rejects.toMatchObject({
      code: 'interrupted',
      facts: { outcome: 'reverted' },
    });
    expect(world.router.live).toBe('blue');
  });

  it('after the switch that ends well all the same lets the background services come up first', async () => {
    const world = new World();
    const controller = new AbortController();
    const afterSwitch = async () => controller.abort(new Error('Ctrl-C'));
    await expect(deploy(world, { afterSwitch }, controller.signal)).rejects.toMatchObject({
      code: 'interrupted',
      facts: { outcome: 'unfinished' },
    });
    expect(world.router.live).toBe('green');
    expect(world.version('cron')).toBe('api:2');
  });

  it('that hangs is told so by its signal after 300 s, and is not waited for', async () => {
    const world = new World();
    const begun = world.clock.now();
    let told = 0;
    const beforeSwitch = async ({ signal }: HookFacts) => {
      await aborted(signal);
      told = world.clock.now() - begun;
      await new Promise(() => {});
    };
    await expect(deploy(world, { beforeSwitch })).rejects.toMatchObject({ code: 'switch-failed' });
    expect(told).toBeGreaterThanOrEqual(300_000);
    expect(told).toBeLessThan(303_000);
  });
});
