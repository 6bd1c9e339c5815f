import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRuntimeClient, STAT_COLUMNS } from '../../src/index.ts';
import { type App, startApp } from '../support/app.ts';
import { configOf } from '../support/configs.ts';
import { type RealHaproxy, SHARED, startRealHaproxy } from '../support/real-haproxy.ts';
import { ask } from '../support/requests.ts';
import { failure } from '../support/with-fake.ts';

const MAP = `${SHARED}/live.map`;
const BLUE = { backend: 'app', server: 'blue' };
const GREEN = { backend: 'app', server: 'green' };

describe.each(['2.6', '3.0'])('the protocol of HAProxy %s', (version) => {
  let app: App;
  let real: RealHaproxy;

  beforeAll(async () => {
    app = await startApp('app');
    real = await startRealHaproxy(version, configOf(app.port, app.port, { version }), {
      'live.map': 'live be_blue\n',
    });
  });
  afterAll(async () => {
    await real?.[Symbol.asyncDispose]();
    await app.kill();
  });

  it('is spoken by the version that was asked for', async () => {
    await using haproxy = real.client();
    const { major, minor } = await haproxy.showVersion();
    expect(`${major}.${minor}`).toBe(version);
  });

  it('has every column that is explained', async () => {
    await using haproxy = real.client();
    const [head = ''] = (await haproxy.execute('show stat')).split('\n');
    const columns = head.replace(/^# /, '').split(',');
    expect(Object.keys(STAT_COLUMNS).filter((column) => !columns.includes(column))).toEqual([]);
    expect(columns.slice(0, 100)).toEqual(Object.keys(STAT_COLUMNS).slice(0, 100));
  });

  it('answers 200 calls at once through its ten connections', async () => {
    await using haproxy = real.client();
    const calls = Array.from({ length: 200 }, (_, n) =>
      n % 3 ? haproxy.showStat() : haproxy.execute('show info'),
    );
    expect(await Promise.all(calls)).toHaveLength(200);
  });

  it('answers 40 clients at once, turned away or not', async () => {
    const clients = Array.from({ length: 40 }, () =>
      createRuntimeClient({ address: real.socket, timeout: 20_000, connectTimeout: 20_000, oneShot: true }),
    );
    expect(await Promise.all(clients.map((client) => client.showInfo()))).toHaveLength(40);
    await Promise.all(clients.map((client) => client.close()));
  });

  it('gives back keys and values with spaces, backslashes and other alphabets', async () => {
    await using haproxy = real.client();
    const entries = {
      a: 'two words',
      b: 'back\\slash \\ twice',
      c: 'größe=日本',
      d: 'it\'s "quoted"',
      e: '#no comment',
    };
    const { after } = await haproxy.switchMap({ map: MAP, key: 'live', value: 'be_blue', entries });
    expect(Object.fromEntries(after.map(({ key, value }) => [key, value]))).toMatchObject(entries);
  });

  it('changes each of two equal keys, and lookups give the first', async () => {
    await using haproxy = real.client();
    await haproxy.addMap(MAP, 'twice', 'one');
    await haproxy.addMap(MAP, 'twice', 'two');
    expect(await haproxy.execute(`get map ${MAP} twice`)).toContain('value="one"');
    const { after } = await haproxy.switchMap({ map: MAP, key: 'twice', value: 'three' });
    expect(after.filter(({ key }) => key === 'twice').map(({ value }) => value)).toEqual(['three', 'three']);
    await haproxy.deleteMap(MAP, 'twice');
  });

  it('refuses to commit an older version over a newer one', async () => {
    await using haproxy = real.client();
    const older = await haproxy.prepareMap(MAP);
    const newer = await haproxy.prepareMap(MAP);
    for (const [key, value] of [['live', 'be_blue']] as const) await haproxy.addMap(MAP, key, value, newer);
    await haproxy.commitMap(MAP, newer);
    expect((await failure(haproxy.commitMap(MAP, older))).code).toBe('conflict');
  });

  it.each([
    [
      'no such server',
      'not-found',
      (c: ReturnType<RealHaproxy['client']>) => c.setServerState({ backend: 'app', server: 'red' }, 'drain'),
    ],
    ['no such backend', 'not-found', (c) => c.showStat({ proxy: 'nope' })],
    ['no such map', 'not-found', (c) => c.showMap('/no.map')],
    ['no such key', 'not-found', (c) => c.setMap(MAP, 'nokey', 'x')],
    ['an address it cannot read', 'refused', (c) => c.setServerAddress(GREEN, 'foo.bar')],
    ['a weight out of range', 'invalid', (c) => c.setServerWeight(GREEN, 257)],
    ['an unknown command', 'unsupported', (c) => c.execute('frobnicate now')],
  ] satisfies [string, string, (c: ReturnType<RealHaproxy['client']>) => Promise<unknown>][])(
    'tells %s by %s',
    async (_, code, call) => {
      await using haproxy = real.client();
      expect((await failure(call(haproxy))).code).toBe(code);
      expect((await haproxy.showInfo()).stopping).toBe(false);
    },
  );

  it('names the level that is missing, before anything is sent', async () => {
    await using haproxy = createRuntimeClient({ address: join(real.folder, 'operator.sock') });
    const error = await failure(haproxy.setServerState(BLUE, 'drain'));
    expect([error.code, error.message.includes('nothing was sent')]).toEqual(['denied', true]);
    await using admin = real.client();
    expect((await admin.showServersState('app'))[0]?.admin.mask).toBe(0);
  });

  it('ends on the last of two quick changes of address', async () => {
    await using haproxy = real.client();
    await haproxy.setAddress({ ...GREEN, address: '127.0.0.2', port: 81 });
    const { after } = await haproxy.setAddress({ ...GREEN, address: '127.0.0.3', port: 82 });
    const [, green] = await haproxy.showServersState('app');
    expect([after.address, after.port, green?.address, green?.port]).toEqual([
      '127.0.0.3',
      82,
      '127.0.0.3',
      82,
    ]);
  });

  it('sends the second of two commands to the new worker after a reload, and lets the old one go', async () => {
    await using haproxy = real.client();
    const old = (await haproxy.showInfo()).pid;
    await real.reload();
    await expect
      .poll(async () => (await haproxy.showInfo()).pid, { timeout: 10_000, interval: 100 })
      .not.toBe(old);
    await haproxy.setServerState(BLUE, 'drain');
    await using other = real.client();
    const [blue] = await other.showServersState('app');
    expect(blue?.admin.drain).toBe(true);
    await haproxy.setServerState(BLUE, 'ready');
    await expect
      .poll(() => real.docker('exec', 'sh', '-c', `test -d /proc/${old} && echo alive || echo gone`), {
        timeout: 5_000,
        interval: 200,
      })
      .toBe('gone');
  });

  it('meets a kill in the middle of commands with typed errors, and recovers with HAProxy', async () => {
    await using haproxy = real.client();
    const outcomes: string[] = [];
    let over = false;
    const hammer = async () => {
      while (!over) {
        const weight = haproxy.setServerWeight(BLUE, 100).then(
          () => 'ok',
          (error) => error.code as string,
        );
        const dump = haproxy.showStat().then(
          () => 'ok',
          (error) => error.code as string,
        );
        outcomes.push(await weight, await dump);
      }
    };
    const hammers = Promise.all([hammer(), hammer()]);
    await real.docker('kill', '--signal', 'KILL');
    await expect.poll(() => outcomes.includes('unreachable'), { timeout: 5_000 }).toBe(true);
    await real.docker('start');
    await real.ready();
    over = true;
    await hammers;
    expect(
      [...new Set(outcomes)].filter(
        (code) => !['ok', 'lost', 'truncated', 'unreachable', 'stale-worker', 'timeout'].includes(code),
      ),
    ).toEqual([]);
    expect((await haproxy.showInfo()).stopping).toBe(false);
  });

  it('keeps the chosen slot over a restart, by map file and by state file', async () => {
    await using haproxy = real.client();
    await haproxy.switchMap({ map: MAP, key: 'live', value: 'be_green' });
    await haproxy.persistMap({ map: MAP, file: join(real.folder, 'live.map') });
    await haproxy.setServerState(BLUE, 'maint');
    await haproxy.persistServerState({ file: join(real.folder, 'servers.state') });
    expect(await readFile(join(real.folder, 'live.map'), 'utf8')).toContain('live be_green\n');
    await real.docker('restart');
    await real.ready();
    expect(await haproxy.showMap(MAP)).toContainEqual({ key: 'live', value: 'be_green' });
    expect((await haproxy.showServersState('app'))[0]?.admin.maint).toBe(true);
    await haproxy.setServerState(BLUE, 'ready');
    await expect.poll(async () => (await ask(await real.currentUrl())).status, { timeout: 5_000 }).toBe(200);
  });
});
