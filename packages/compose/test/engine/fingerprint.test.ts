import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { changedSettings } from '../../src/domain/configuration.ts';
import { type ComposeModel, fingerprintsOf } from '../../src/engine/fingerprint.ts';

const model = (api: object, rest: Partial<ComposeModel> = {}): ComposeModel => ({
  services: { api: { image: 'shop:1', environment: { LEVEL: 'info', TOKEN: 'hunter22' }, ...api } },
  ...rest,
});

async function changes(
  before: ComposeModel,
  after: ComposeModel,
  directory = '/',
): Promise<readonly string[]> {
  const [one, other] = [await fingerprintsOf(before, directory), await fingerprintsOf(after, directory)];
  return changedSettings(one.api, other.api);
}

describe('fingerprintsOf', () => {
  it('names the variables that differ, were added and were removed, and shows no value', async () => {
    const other = model({ environment: { LEVEL: 'debug', REGION: 'eu' } });
    expect(await changes(model({}), other)).toEqual([
      'environment.LEVEL',
      'environment.REGION',
      'environment.TOKEN',
    ]);
    expect(JSON.stringify(await fingerprintsOf(model({}), '/'))).not.toContain('hunter22');
  });

  it.each<[string, object]>([
    ['command', { command: ['node', 'other.js'] }],
    ['volumes', { volumes: [{ type: 'bind', source: '/a', target: '/b' }] }],
    ['mem_limit', { mem_limit: '536870912' }],
    ['deploy', { deploy: { resources: { limits: { cpus: 1 } } } }],
    ['labels.team', { labels: { team: 'shop' } }],
    ['networks.inner', { networks: { inner: null } }],
  ])('tells a change of %s', async (name, change) => {
    expect(await changes(model({}), model(change))).toEqual([name]);
  });

  it.each<[string, object]>([
    ['the image', { image: 'shop:2' }],
    ['its profile and what it depends on', { profiles: ['blue'], depends_on: { db: {} } }],
    ['what is not set, however that is printed', { command: null, entrypoint: null, ports: [], sysctls: {} }],
    ['the order of variables', { environment: { TOKEN: 'hunter22', LEVEL: 'info' } }],
  ])('does not count %s', async (_, change) => {
    expect(await changes(model({}), model(change))).toEqual([]);
  });

  it.each([
    ['1', {}],
    ['3', { scale: 3 }],
    ['2', { deploy: { replicas: 2, resources: {} } }],
  ])('has %s as the number of containers, as it is', async (replicas, change) => {
    expect((await fingerprintsOf(model(change), '.')).api).toMatchObject({ replicas });
  });

  it('counts what a secret and a config hold, and the definition of a network', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'cutover-test-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    const file = join(directory, 'key');
    const uses = { secrets: [{ source: 'key' }], networks: { inner: null } };
    const defined = (driver: string) =>
      model(uses, { secrets: { key: { file: './key' } }, networks: { inner: { driver } } });
    await writeFile(file, 'one');
    const before = await fingerprintsOf(defined('bridge'), directory);
    expect(await changes(defined('bridge'), defined('overlay'), directory)).toEqual([
      'networks.inner (definition)',
    ]);
    await writeFile(file, 'two');
    const after = await fingerprintsOf(defined('bridge'), directory);
    expect(changedSettings(before.api, after.api)).toEqual(['secrets.key (definition)']);
  });
});
