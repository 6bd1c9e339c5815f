import { describe, expect, it } from 'vitest';
import { REPLICAS } from '../../src/domain/configuration.ts';
import { deployRelease, planRelease, resumeDeployment } from '../../src/run/deployment.ts';
import { release } from '../support/releases.ts';
import { Killed, World } from '../support/world.ts';

const deploy = (world: World, version: string) =>
  world.run((context) => deployRelease(context, { kind: 'deploy', release: release(version) }));

const allOn = (world: World, version: string, live: string) => {
  expect(world.violations).toEqual([]);
  expect(world.router).toMatchObject({ live, stored: live });
  expect(world.version(`api_${live}`)).toBe(`api:${version}`);
  expect(world.version(live === 'blue' ? 'api_green' : 'api_blue')).toBe('');
  expect(world.version('cron')).toBe(`api:${version}`);
  expect(world.version('worker')).toBe(`api:${version}`);
  expect(world.locked).toBeUndefined();
};

describe('deployRelease', () => {
  it('does everything in the one order', async () => {
    const world = new World();
    await deploy(world, '2');
    expect(world.calls).toEqual([
      'lock',
      'write intent',
      'pin GREEN_IMAGE',
      'up api_green',
      'write stopping',
      'stop cron',
      'stop worker',
      'write switching',
      'switch green',
      'persist green',
      'remove cron',
      'remove worker',
      'pin CRON_IMAGE,WORKER_IMAGE',
      'up cron,worker',
      'write stopping',
      'stop api_blue',
      'remove api_blue',
      'pin GREEN_IMAGE,CRON_IMAGE,WORKER_IMAGE',
      'prefer api_green',
      'write outcome',
      'unlock',
    ]);
    allOn(world, '2', 'green');
  });

  it('changes nothing for a release that runs already', async () => {
    const world = new World();
    expect(await deploy(world, '1')).toMatchObject({ outcome: 'unchanged' });
    expect(world.calls).toEqual([]);
  });

  it('goes by the configuration that was kept, where it has changed since it was read', async () => {
    const world = new World();
    world.keeps = true;
    world.configuration = { worker: { [REPLICAS]: '2' } };
    const read = { worker: { [REPLICAS]: '1' } };
    const order = { kind: 'deploy', release: { ...release('2'), configuration: read } } as const;
    await world.run((context) => deployRelease(context, order));
    const begun = world.journal.find(({ type }) => type === 'intent');
    expect(begun).toMatchObject({ intent: { release: { configuration: world.configuration } } });
    expect(world.running('worker')).toHaveLength(2);
  });

  it('never moves traffic or stops a service for a release that is never healthy', async () => {
    const world = new World();
    world.faults = { neverHealthy: '2' };
    await expect(deploy(world, '2')).rejects.toMatchObject({
      code: 'gate-failed',
      facts: { outcome: 'reverted' },
    });
    expect(world.calls.filter((call) => /switch|stop (cron|worker)/.test(call))).toEqual([]);
    allOn(world, '1', 'blue');
  });

  it('takes traffic back first when a background service fails on the new release', async () => {
    const world = new World();
    world.faults = { cronCrashes: '2' };
    await expect(deploy(world, '2')).rejects.toMatchObject({
      code: 'verify-failed',
      facts: { outcome: 'reverted' },
    });
    const [first] = world.calls
      .slice(world.calls.indexOf('write undo') + 1)
      .filter((call) => !call.startsWith('write'));
    expect(first).toBe('switch blue');
    allOn(world, '1', 'blue');
  });

  describe('that goes back, where the configuration of before is kept', () => {
    const before = { cron: { 'environment.LEVEL': 'info' }, worker: { 'environment.LEVEL': 'info' } };
    const id = JSON.stringify(before);

    async function wentBack(world: World) {
      world.keeps = true;
      world.configuration = before;
      const asIs = (version: string) => ({ ...release(version), configuration: world.configuration });
      await world.run((context) => deployRelease(context, { kind: 'deploy', release: asIs('2') }));
      world.configuration = { ...before, worker: { 'environment.LEVEL': 'debug' } };
      world.faults = { cronCrashes: '3' };
      const failed = world.run((context) => deployRelease(context, { kind: 'deploy', release: asIs('3') }));
      return failed.then(
        () => undefined,
        (error: unknown) => error,
      );
    }

    const keptOnes = ({ containers }: World) =>
      containers.filter(({ service }) => service in before).map(({ kept }) => kept);
    const noted = ({ journal }: World) => journal.findLast(({ type }) => type === 'outcome');

    it('creates background services from that', async () => {
      const world = new World();
      expect(await wentBack(world)).toMatchObject({ code: 'verify-failed', facts: { outcome: 'reverted' } });
      allOn(world, '2', 'green');
      expect(keptOnes(world)).toEqual([id, id]);
      expect(noted(world)).toMatchObject({ configuration: before });
    });

    it('says when it cannot be read any more, and takes what is on disk', async () => {
      const world = new World();
      const { kept } = world.engine;
      world.engine.kept = async (asked) => (world.calls.includes('switch blue') ? undefined : kept(asked));
      const error = await wentBack(world);
      expect(error).toMatchObject({ facts: { outcome: 'reverted' } });
      expect(String(error)).toContain('the configuration that was kept cannot be read any more');
      allOn(world, '2', 'green');
      expect(keptOnes(world)).toEqual([undefined, undefined]);
      expect(noted(world)).toMatchObject({ configuration: { worker: { 'environment.LEVEL': 'debug' } } });
    });
  });

  it('shows the output of the background service that fails, before its container is removed', async () => {
    const world = new World();
    world.faults = { cronCrashes: '2' };
    world.engine.tail = async ({ id, service }) => [
      `${service} ${world.containers.some((c) => c.id === id)}`,
    ];
    await expect(deploy(world, '2')).rejects.toMatchObject({ code: 'verify-failed' });
    const outputs = world.events.filter((event) => event.type === 'output');
    expect(outputs).toMatchObject([{ lines: ['cron true'] }]);
  });

  it('says in its error what runs now', async () => {
    const world = new World();
    world.faults = { neverHealthy: '2' };
    await expect(deploy(world, '2')).rejects.toThrow(
      /its health check has not passed yet.*Everything is as before: blue has the traffic, on api:1; cron runs api:1/,
    );
  });
});

describe('planRelease', () => {
  it('lists the steps and changes nothing', async () => {
    const world = new World();
    const plan = await world.run((context) =>
      planRelease(context, { kind: 'deploy', release: release('2') }),
    );
    expect(plan.steps.map((step) => step.do)).toEqual(
      'start gate stop switch persist remove start verify drain watch stop remove finish'.split(' '),
    );
    expect(world.calls).toEqual([]);
  });

  it('stops a background service that the release does not have', async () => {
    const { cron } = release('2').background;
    const older = { ...release('2'), background: cron ? { cron } : {} };
    const plan = await new World().run((context) =>
      planRelease(context, { kind: 'rollback', release: older }),
    );
    expect(plan.steps.find((step) => step.do === 'stop')?.services).toEqual(['cron', 'worker']);
    expect(plan.steps.filter((step) => step.do === 'start').at(-1)?.services).toEqual(['cron']);
  });
});

/** Kills the deploying process at its n-th call to the outside, before or after the effect. */
async function killedAt(killAt: number, killAfterEffect: boolean, faults = {}): Promise<World> {
  const world = new World();
  world.faults = { ...faults, killAt, killAfterEffect };
  await deploy(world, '2').catch(() => {});
  return world;
}

const callsOf = async (faults = {}) => {
  const world = new World();
  world.faults = faults;
  await deploy(world, '2').catch(() => {});
  return world.callsMade;
};

describe('a deployment whose process is killed', () => {
  const cases = [false, true].map((afterEffect) => ({ afterEffect }));

  it.each(cases)('at any call is completed by the same release run again %o', async ({ afterEffect }) => {
    for (let call = 1; call <= (await callsOf()); call++) {
      const world = await killedAt(call, afterEffect);
      world.revive();
      await deploy(world, '2');
      allOn(world, '2', 'green');
    }
  });

  it.each(cases)('at any call ends all-new or all-old by resume() %o', async ({ afterEffect }) => {
    for (let call = 1; call <= (await callsOf()); call++) {
      const world = await killedAt(call, afterEffect);
      world.revive();
      await world.run((context) => resumeDeployment(context));
      if (world.router.live === 'green') allOn(world, '2', 'green');
      else allOn(world, '1', 'blue');
    }
  });

  it.each(cases)('at any call of its way back still ends all-old %o', async ({ afterEffect }) => {
    const faults = { cronCrashes: '2' };
    for (let call = 1; call <= (await callsOf(faults)); call++) {
      const world = await killedAt(call, afterEffect, faults);
      world.revive();
      await deploy(world, '2').catch((error: unknown) => expect(error).not.toBeInstanceOf(Killed));
      allOn(world, '1', 'blue');
    }
  });

  it('is sent one SIGTERM a container, whoever goes on', async () => {
    for (let call = 1; call <= (await callsOf()); call++) {
      const world = await killedAt(call, true);
      world.revive();
      await deploy(world, '2');
      const stops = world.calls.filter((name) => name.startsWith('stop'));
      expect(stops).toEqual([...new Set(stops)]);
    }
  });
});
