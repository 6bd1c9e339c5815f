import { describe, expect, it } from 'vitest';
import type { Configuration } from '../../src/domain/configuration.ts';
import type { JournalEntry } from '../../src/domain/journal.ts';
import { chooseTarget, formIntent } from '../../src/intent/form.ts';
import { intentWith, release } from '../support/releases.ts';
import { image, layout, World } from '../support/world.ts';

const deployed = (configuration: Configuration): JournalEntry => ({
  type: 'outcome',
  outcome: 'deployed',
  configuration,
  ended: '2026-01-01T00:00:01.000Z',
});
const wanted = { id: 'd', by: { user: 'ada', host: 'here' }, began: '2026-01-01T00:00:00.000Z' };
const of = (level: string) => ({ 'environment.LEVEL': level });

async function beginning(before: Configuration, now: Configuration, version = '1') {
  const world = new World();
  const observed = { containers: await world.engine.observe(), router: await world.routerPort.observe() };
  const journal = [deployed(before)];
  return {
    kind: 'deploy' as const,
    world,
    layout,
    now: observed,
    live: 'blue',
    journal,
    release: { ...release(version), configuration: now },
  };
}

const intentOf = async (begun: Awaited<ReturnType<typeof beginning>>) =>
  formIntent(begun.world.engine, begun, {
    ...wanted,
    target: chooseTarget(begun, undefined),
  });

describe('chooseTarget', () => {
  it('is the live slot when it runs the image with the configuration as it is now', async () => {
    const api_blue = of('info');
    expect(chooseTarget(await beginning({ api_blue }, { api_blue }), undefined)).toBe('blue');
  });

  it('is the idle slot when a setting of the live one has changed, with the same image', async () => {
    const begun = await beginning({ api_blue: of('info') }, { api_blue: of('debug') });
    expect(chooseTarget(begun, undefined)).toBe('green');
  });

  it('is the live slot of a rollback that has its image, whatever the configuration is now', async () => {
    const begun = await beginning({ api_blue: of('info') }, { api_blue: of('debug') });
    expect(chooseTarget({ ...begun, kind: 'rollback' }, undefined)).toBe('blue');
  });

  it('is the live slot when nothing is known of how its container was created', async () => {
    expect(chooseTarget(await beginning({}, { api_blue: of('debug') }), undefined)).toBe('blue');
  });
});

describe('formIntent', () => {
  it('replaces the containers of a background service of which a setting has changed, and no others', async () => {
    const begun = await beginning(
      { cron: of('info'), worker: of('info') },
      { cron: of('debug'), worker: of('info') },
    );
    const intent = await intentOf(begun);
    const crons = begun.now.containers.filter(({ service }) => service === 'cron');
    expect(intent.replaces).toEqual(crons.map(({ id }) => id));
    expect(intent.because).toEqual(['cron: environment.LEVEL has changed']);
  });

  it('says which images differ', async () => {
    const { because } = await intentOf(await beginning({}, {}, '2'));
    expect(because).toEqual(['api_blue: api:1 → api:2', 'cron: api:1 → api:2', 'worker: api:1 → api:2']);
  });

  it('goes on without the record of an image that runs, and says that there is no way back to it', async () => {
    const begun = await beginning({}, {}, '2');
    begun.world.recordless.add('sha256:1');
    const { because, previous } = await intentOf(begun);
    const noWayBack = ['api_blue', 'cron', 'worker'].map(
      (service) =>
        `${service}: the engine has no record of the image that it runs (api:1); there is no way back to it once it is stopped`,
    );
    expect(because.slice(3)).toEqual(noWayBack);
    expect(previous.slots?.app).toEqual({ name: 'api:1', ref: 'sha256:1', id: 'sha256:1' });
  });

  it('finds the image that runs by the digest that a deployment noted', async () => {
    const begun = await beginning({}, {}, '2');
    const intent = intentWith({ release: release('1') });
    begun.world.recordless.add('sha256:1');
    const { because, previous } = await intentOf({ ...begun, journal: [{ type: 'intent', intent }] });
    expect(because).toHaveLength(3);
    expect(previous.slots?.app).toEqual(image('1'));
  });

  it('fails when the engine does not answer about what runs', async () => {
    const begun = await beginning({}, {}, '2');
    begun.world.engine.resolve = async () => Promise.reject(new Error('no route to the engine'));
    await expect(intentOf(begun)).rejects.toThrow('no route');
  });

  it('says of a rollback which settings stay as they are now', async () => {
    const begun = await beginning({ cron: of('info') }, { cron: of('info') }, '2');
    const first = await intentOf(begun);
    const journal: JournalEntry[] = [
      ...begun.journal,
      { type: 'intent', intent: first },
      deployed({ cron: of('debug') }),
    ];
    const back = {
      ...begun,
      kind: 'rollback' as const,
      journal,
      release: { ...release('1'), configuration: { cron: of('debug') } },
    };
    const { because } = await formIntent(begun.world.engine, back, {
      ...wanted,
      target: 'green',
    });
    expect(because).toContain('cron: environment.LEVEL stays as it is now, not as it was when 1 ran');
  });
});
