import { describe, expect, it } from 'vitest';
import type { Layout } from '../../src/domain/layout.ts';
import { deployRelease, planRelease } from '../../src/run/deployment.ts';
import { release } from '../support/releases.ts';
import { image, World } from '../support/world.ts';

const jobs: Layout['jobs'] = {
  migrate: { image: 'MIGRATE_IMAGE', at: 'before-start', timeout: 60_000 },
  contract: { image: 'CONTRACT_IMAGE', at: 'after-watch', timeout: 60_000 },
};
const withJobs = (version: string) => ({
  ...release(version),
  jobs: { migrate: image(version), contract: image(version) },
});
const order = (version: string) => ({ kind: 'deploy', release: withJobs(version) }) as const;
const deploy = (world: World, version: string) =>
  world.run((context) => deployRelease(context, order(version)));

describe('jobs of a deployment', () => {
  it('run before anything of the new slot starts, and after nothing of the old one is left', async () => {
    const world = new World(jobs);
    await deploy(world, '2');
    const at = (call: string) => world.calls.indexOf(call);
    expect(world.started).toEqual(['migrate api:2', 'contract api:2']);
    expect(at('start migrate')).toBeLessThan(at('up api_green'));
    expect(at('start contract')).toBeGreaterThan(at('remove api_blue'));
  });

  it('run again in the next deployment, and not for a release that runs already', async () => {
    const world = new World(jobs);
    await deploy(world, '2');
    expect(await deploy(world, '2')).toMatchObject({ outcome: 'unchanged' });
    await deploy(world, '5');
    expect(world.started).toEqual(['migrate api:2', 'contract api:2', 'migrate api:5', 'contract api:5']);
  });

  it('are no part of a rollback', async () => {
    const world = new World(jobs);
    await deploy(world, '2');
    await world.run((context) => deployRelease(context, { kind: 'rollback', release: withJobs('1') }));
    expect(world.started).toHaveLength(2);
    expect(world.router.live).toBe('blue');
  });

  it('that fail before the start leave everything as it was', async () => {
    const world = new World(jobs);
    world.faults = { jobFails: '2' };
    await expect(deploy(world, '2')).rejects.toMatchObject({
      code: 'job-failed',
      facts: { outcome: 'reverted' },
    });
    expect(world.started).toEqual(['migrate api:2']);
    expect(world.calls.filter((call) => /^(up|stop|switch|persist)/.test(call))).toEqual([]);
  });

  it('that fail after the watch leave the release live, and run once more when it is deployed again', async () => {
    const world = new World({ contract: jobs.contract as Layout['jobs'][string] });
    const again = () =>
      world.run((context) =>
        deployRelease(context, {
          kind: 'deploy',
          release: { ...release('2'), jobs: { contract: image('2') } },
        }),
      );
    world.faults = { jobFails: '2' };
    await expect(again()).rejects.toMatchObject({ code: 'job-failed', facts: { outcome: 'unfinished' } });
    expect(world.router.live).toBe('green');
    world.faults = {};
    expect(await again()).toMatchObject({ outcome: 'deployed' });
    expect(world.started).toEqual(['contract api:2', 'contract api:2']);
  });

  it.each([{ afterEffect: false }, { afterEffect: true }])(
    'are started once when the process dies at any call and the release is deployed again $afterEffect',
    async ({ afterEffect }) => {
      const whole = new World(jobs);
      await deploy(whole, '2');
      for (let killAt = 1; killAt <= whole.callsMade; killAt++) {
        const world = new World(jobs);
        world.faults = { killAt, killAfterEffect: afterEffect };
        await deploy(world, '2').catch(() => {});
        world.revive();
        await deploy(world, '2');
        expect([killAt, world.started]).toEqual([killAt, ['migrate api:2', 'contract api:2']]);
        expect(world.violations).toEqual([]);
      }
    },
  );

  it('are in the plan, with what the one after the watch means', async () => {
    const world = new World(jobs);
    const { steps } = await world.run((context) => planRelease(context, order('2')));
    expect(steps.map(({ text }) => text)).toEqual(
      expect.arrayContaining([
        'run migrate on api:2',
        'run contract on api:2, after which an earlier image may not work any more',
      ]),
    );
  });
});
