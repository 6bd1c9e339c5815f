import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deployment } from '../src/blue-green.ts';
import type { DeployEvent } from '../src/domain/events.ts';
import { type Stack, stackDeployment, startStack } from './support/stack.ts';

const SECRET = 'planted-hunter22';
const DEPLOYER = fileURLToPath(new URL('engine/dying-deployer.ts', import.meta.url));

describe('blueGreen with keep.configuration', () => {
  let stack: Stack;
  let deployment: Deployment;
  let events: DeployEvent[] = [];
  const file = (name: string) => join(stack.directory, name);
  const because = () =>
    events.flatMap((event) => (event.type === 'deploying' ? event.intent.because : [])).join('\n');

  /** What the project has from now on; `VERSION=4` ends its cron at once. */
  async function write(level: string, token: string, version = ''): Promise<void> {
    const text = await readFile(file('.env'), 'utf8');
    const others = text.split('\n').filter((line) => line && !/^(LEVEL|API_TOKEN)=/.test(line));
    await writeFile(
      file('.env'),
      [...others, `LEVEL=${level}`, `API_TOKEN=${SECRET}-${token}`, ''].join('\n'),
    );
    await writeFile(file('app.env'), `MODE=${level}\nDB_PASSWORD=${SECRET}-of-file\n${version}\n`);
    events = [];
  }

  const environmentOf = async (service: string) => {
    const names = ['LEVEL', 'MODE', 'API_TOKEN', 'FLAG'];
    return (await stack.compose('exec', service, 'printenv', ...names)).split('\n');
  };
  const liveService = async () => `api_${(await deployment.status()).live}`;
  const keptFiles = async () => (await readdir(file('.cutover'))).sort();
  const ids = (service: string) => stack.compose('ps', '--quiet', service);

  beforeAll(async () => {
    stack = await startStack('map', ['1', '2']);
    deployment = stackDeployment(stack, (event) => events.push(event), { keep: { configuration: true } });
    const text = await readFile(file('compose.yaml'), 'utf8');
    const environment =
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Compose fills these in.
      '{ ROLE: $1, LEVEL: "${LEVEL}", API_TOKEN: "${API_TOKEN}", FLAG: "with-${API_TOKEN}", PRICE: "a$$$$b" }';
    await writeFile(
      file('compose.yaml'),
      text.replace(/environment: \{ ROLE: (\w+) \}/g, `environment: ${environment}\n    env_file: [app.env]`),
    );
    await write('first', 'one');
    await deployment.deploy({ image: stack.image('2') });
  });
  afterAll(() => stack?.[Symbol.asyncDispose]());

  it('brings the variables of the release before back, and its secrets as they are now', async () => {
    await write('second', 'two');
    await deployment.refresh();
    expect(await environmentOf(await liveService())).toContain('second');

    events = [];
    expect(await deployment.rollback()).toMatchObject({ outcome: 'deployed', release: stack.image('2') });
    const expected = ['first', 'first', `${SECRET}-two`, `with-${SECRET}-two`];
    for (const service of [await liveService(), 'cron', 'worker'])
      expect(await environmentOf(service)).toEqual(expected);
    expect(because()).toContain('cron: environment.LEVEL becomes what it was');
    expect(because()).toContain('cron: environment.API_TOKEN stays as it is now');
    expect(because()).not.toContain('LEVEL stays as it is now');
    expect(because()).toContain('on disk it is otherwise');

    const status = await deployment.status();
    expect(status).toMatchObject({ kept: stack.image('2'), problems: [] });
    expect(status.undeployed).toContain('cron: environment.MODE');
    expect(status.undeployed?.join()).not.toContain('API_TOKEN');
    // Once the files are as they were, a bare `up` changes nothing.
    await write('first', 'two');
    expect((await deployment.status()).undeployed).toEqual([]);
    const before = await Promise.all(['cron', 'worker', await liveService()].map(ids));
    await stack.compose('up', '--detach');
    expect(await Promise.all(['cron', 'worker', await liveService()].map(ids))).toEqual(before);
  }, 180_000);

  it('keeps no secret, in a file that its owner alone can read', async () => {
    const names = await keptFiles();
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const text = await readFile(file(`.cutover/${name}`), 'utf8');
      expect(text).toContain('"MODE"');
      expect(text).not.toContain(SECRET);
      expect((await stat(file(`.cutover/${name}`))).mode & 0o777).toBe(0o600);
    }
    expect((await stat(file('.cutover'))).mode & 0o777).toBe(0o700);
  });

  it('starts cron and worker with the old variables again when a deployment that changed them goes back', async () => {
    await write('third', 'two', 'VERSION=4');
    await expect(deployment.refresh()).rejects.toMatchObject({
      code: 'verify-failed',
      facts: { outcome: 'reverted' },
    });
    for (const service of [await liveService(), 'cron', 'worker'])
      expect((await environmentOf(service)).slice(0, 2)).toEqual(['first', 'first']);
    expect((await deployment.status()).undeployed).toContain('worker: environment.LEVEL');
    await write('first', 'two');
    expect(await deployment.refresh()).toMatchObject({ outcome: 'unchanged' });
  }, 120_000);

  it('removes with the next deployment what a deployer has left that was killed before it noted it', async () => {
    await write('fourth', 'two');
    const { signal } = await execa(
      'node',
      [
        '--conditions=@cutover/source',
        '--import',
        'tsx',
        DEPLOYER,
        'kept',
        stack.directory,
        stack.url,
        stack.image('1'),
      ],
      { reject: false },
    );
    expect(signal).toBe('SIGKILL');
    const left = await keptFiles();
    await write('fifth', 'two');
    const stranger = `${stack.name}-other-0123456789abcdef.yaml`;
    await writeFile(file(`.cutover/${stranger}`), '{}');
    await deployment.deploy({ image: stack.image('1') });
    const journal = (await deployment.history()).length;
    expect(journal).toBeGreaterThan(0);
    const now = await keptFiles();
    expect(now).toContain(stranger);
    expect(left.filter((name) => !now.includes(name))).toHaveLength(1);
  }, 120_000);

  it('says of a rollback that what was kept cannot be read, and goes on with what is on disk', async () => {
    await rm(file('.cutover'), { recursive: true });
    events = [];
    await deployment.rollback();
    expect(because()).toContain(
      `the configuration that ${stack.image('2')} ran with is not kept or cannot be read`,
    );
    expect(because()).toContain('LEVEL stays as it is now');
    expect((await environmentOf(await liveService())).slice(0, 2)).toEqual(['fifth', 'fifth']);
    await write('sixth', 'two');
    await deployment.refresh();
    await rm(file('.cutover'), { recursive: true });
    await expect(deployment.rollback()).rejects.toMatchObject({ code: 'no-previous-release' });
  }, 120_000);
});
