import { describe, expect, it } from 'vitest';
import { blueGreen, type Deployment } from '../src/blue-green.ts';
import { DeployError, type DeployErrorCode } from '../src/domain/errors.ts';
import type { DeployEvent } from '../src/domain/events.ts';
import type { Engine } from '../src/ports/index.ts';
import { deployRelease } from '../src/run/deployment.ts';
import { intentWith, release } from './support/releases.ts';
import { layout, World } from './support/world.ts';

const deploymentOf = (
  world: World,
  engine: Partial<Engine> = {},
  onEvent?: (event: DeployEvent) => void,
): Deployment =>
  blueGreen({
    ...layout,
    project: { ...world.engine, ...engine },
    router: world.routerPort,
    onEvent,
  } as never);

const failing = (code: DeployErrorCode) => async () => {
  throw new DeployError(code, { doing: 'asking', found: 'no' });
};

const hanging = () => new Promise<never>(() => {});

describe('an error before the first effect', () => {
  const locked = (world: World): Partial<Engine> => ({
    ledger: () => ({ ...world.ledger, acquire: failing('locked') }),
  });
  const unfinished: World['journal'] = [{ type: 'intent', intent: intentWith() }];

  it.each<[DeployErrorCode, (world: World) => Promise<unknown>]>([
    [
      'compose-invalid',
      (world) => deploymentOf(world, { preflight: failing('compose-invalid') }).deploy({ image: 'api:2' }),
    ],
    ['compose-invalid', (world) => deploymentOf(world, { preflight: failing('compose-invalid') }).rollback()],
    ['compose-invalid', (world) => deploymentOf(world, { preflight: failing('compose-invalid') }).resume()],
    ['invalid-release', (world) => deploymentOf(world).deploy({})],
    [
      'image-missing',
      (world) => deploymentOf(world, { resolve: failing('image-missing') }).deploy({ image: 'api:2' }),
    ],
    ['unknown-slot', (world) => deploymentOf(world).deploy({ image: 'api:2' }, { slot: 'red' })],
    ['locked', (world) => deploymentOf(world, locked(world)).deploy({ image: 'api:2' })],
    ['no-previous-release', (world) => deploymentOf(world).rollback()],
    [
      'locked',
      (world) => {
        world.journal = unfinished;
        return deploymentOf(world, locked(world)).resume();
      },
    ],
    [
      'interrupted',
      (world) => deploymentOf(world).deploy({ image: 'api:2' }, { signal: AbortSignal.abort('enough') }),
    ],
  ])('says that nothing was touched: %s', async (code, act) => {
    const world = new World();
    await expect(act(world)).rejects.toMatchObject({ code, facts: { outcome: 'unchanged' } });
    expect(world.calls).toEqual([]);
  });

  it('says how an earlier deployment has ended that was left half-way', async () => {
    let world: World;
    const deploy = (version: string, slot?: string) =>
      world.run((context) => deployRelease(context, { kind: 'deploy', release: release(version), slot }));
    let killAt = 0;
    do {
      world = new World();
      world.faults = { killAt: ++killAt, killAfterEffect: true };
      await deploy('2').catch(() => {});
    } while (world.router.live === 'blue');
    world.revive();
    // Blue is idle when this begins; undoing what was left brings the traffic back to it.
    await expect(deploy('1', 'blue')).rejects.toMatchObject({
      code: 'unknown-slot',
      facts: { outcome: 'unchanged', leftover: 'reverted' },
    });
  });
});

describe('Deployment', () => {
  it.each<[string, (deployment: Deployment, signal: AbortSignal) => Promise<unknown>]>([
    ['plan', (deployment, signal) => deployment.plan({ image: 'api:2' }, { signal })],
    ['deploy', (deployment, signal) => deployment.deploy({ image: 'api:2' }, { signal })],
    ['status', (deployment, signal) => deployment.status({ signal })],
  ])('%s is left at once when asked to stop while the engine hangs', async (_, act) => {
    const controller = new AbortController();
    const acting = act(deploymentOf(new World(), { preflight: hanging }), controller.signal);
    controller.abort(new Error('Ctrl-C'));
    await expect(acting).rejects.toMatchObject({
      code: 'interrupted',
      message: expect.stringContaining('Ctrl-C'),
    });
  });
});

describe('a warning of preflight', () => {
  const warned = { preflight: async () => ['redis is old'] };

  it('is told once by deploy, and another one that its end brings', async () => {
    const found = [['redis is old'], ['redis is old', 'cron is old']];
    const preflight = async () => found.shift() ?? [];
    const events: DeployEvent[] = [];
    await deploymentOf(new World(), { preflight }, (event) => events.push(event)).deploy({ image: 'api:1' });
    expect(events).toMatchObject([
      { type: 'warning', text: 'redis is old' },
      { type: 'unchanged' },
      { type: 'warning', text: 'cron is old' },
    ]);
  });

  it('is no reason to fail at the end of deploy', async () => {
    const answers = [async () => [], failing('engine-unreachable')];
    const preflight = () => (answers.shift() as () => Promise<never[]>)();
    await expect(deploymentOf(new World(), { preflight }).deploy({ image: 'api:1' })).resolves.toMatchObject({
      outcome: 'unchanged',
    });
  });

  it('stands in a plan and on its first line', async () => {
    const plan = await deploymentOf(new World(), warned).plan({ image: 'api:2' });
    expect(plan.warnings).toEqual(['redis is old']);
    expect(String(plan)).toMatch(/^warning: redis is old\nbecause /);
  });

  it('stands in a status, and is no problem', async () => {
    const status = await deploymentOf(new World(), warned).status();
    expect(status).toMatchObject({ warnings: ['redis is old'], problems: [] });
    expect(String(status)).toContain('\nwarnings    redis is old\n');
  });
});
