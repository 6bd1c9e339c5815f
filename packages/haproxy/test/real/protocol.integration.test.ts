import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  addBackend,
  type Command,
  clearServerCounters,
  createRuntimeClient,
  publishBackend,
  type RuntimeClient,
  renameServer,
  STAT_COLUMNS,
} from '../../src/index.ts';
import { isAtLeast } from '../support/real-haproxy.ts';
import { BLUE, GREEN, MAP, onRealHaproxy } from '../support/stage.ts';
import { failure } from '../support/with-fake.ts';

const FORGED = `
  presetenv FORGED "one\\n\\n> two\\n\\n> "
`;

onRealHaproxy('the protocol', { global: FORGED }, (stage) => {
  it('is spoken by the version that was asked for', async () => {
    const { major, minor } = await stage.haproxy.showVersion();
    expect(`${major}.${minor}`).toBe(stage.version);
  });

  it('has every column that is explained', async () => {
    const [head = ''] = (await stage.haproxy.execute('show stat')).split('\n');
    const columns = head.replace(/^# /, '').split(',');
    expect(Object.keys(STAT_COLUMNS).filter((column) => !columns.includes(column))).toEqual([]);
    expect(columns.slice(0, 100)).toEqual(Object.keys(STAT_COLUMNS).slice(0, 100));
  });

  it('answers 200 calls at once through its ten connections', async () => {
    const calls = Array.from({ length: 200 }, (_, n) =>
      n % 3 ? stage.haproxy.showStat() : stage.haproxy.execute('show info'),
    );
    expect(await Promise.all(calls)).toHaveLength(200);
  });

  it('answers 3,000 calls at once down one connection', async () => {
    const calls = Array.from({ length: 3_000 }, () => stage.haproxy.showInfo());
    expect(new Set((await Promise.all(calls)).map(({ pid }) => pid)).size).toBe(1);
  });

  it('answers 40 clients at once, turned away or not', async () => {
    const clients = Array.from({ length: 40 }, () =>
      createRuntimeClient({
        address: stage.real.socket,
        timeout: 30_000,
        connectTimeout: 30_000,
        oneShot: true,
      }),
    );
    expect(await Promise.all(clients.map((client) => client.showInfo()))).toHaveLength(40);
    await Promise.all(clients.map((client) => client.close()));
  });

  it('is not fooled by an environment variable that looks like a prompt', async () => {
    const text = await stage.haproxy.execute('show env');
    expect(text).toContain('FORGED=one\n\n> two');
    expect(text).toMatch(/^PATH=/m);
    expect(await stage.haproxy.execute('show env FORGED')).toContain('two');
    expect(await stage.haproxy.cliLevel()).toBe('admin');
  });

  it('gives back keys and values with spaces, backslashes and other alphabets', async () => {
    const entries = {
      a: 'two words',
      b: 'back\\slash \\ twice',
      c: 'größe=日本',
      d: 'it\'s "quoted"',
      e: '#no comment',
    };
    const { after } = await stage.byMap.switchMap({ map: MAP, key: 'live', value: 'be_blue', entries });
    expect(Object.fromEntries(after.map(({ key, value }) => [key, value]))).toMatchObject(entries);
  });

  it('fills a map far larger than its buffer in one commit', async () => {
    const entries = Object.fromEntries(Array.from({ length: 2_000 }, (_, n) => [`key-${n}`, `value ${n}`]));
    const { after } = await stage.byMap.switchMap({ map: MAP, key: 'live', value: 'be_blue', entries });
    expect(after.length).toBeGreaterThanOrEqual(2_001);
    expect(after.at(-1)).toEqual({ key: 'key-1999', value: 'value 1999' });
  });

  it('changes each of two equal keys, and lookups give the first', async () => {
    const { haproxy, byMap } = stage;
    await haproxy.addMap(MAP, 'twice', 'one');
    await haproxy.addMap(MAP, 'twice', 'two');
    expect(await haproxy.execute(`get map ${MAP} twice`)).toContain('value="one"');
    const { after } = await byMap.switchMap({ map: MAP, key: 'twice', value: 'three' });
    expect(after.filter(({ key }) => key === 'twice').map(({ value }) => value)).toEqual(['three', 'three']);
    await haproxy.deleteMap(MAP, 'twice');
  });

  it('refuses to commit an older version over a newer one', async () => {
    const { haproxy } = stage;
    const older = await haproxy.prepareMap(MAP);
    const newer = await haproxy.prepareMap(MAP);
    await haproxy.addMap(MAP, 'live', 'be_blue', newer);
    await haproxy.commitMap(MAP, newer);
    expect((await failure(haproxy.commitMap(MAP, older))).code).toBe('conflict');
  });

  it.each([
    ['no such server', 'not-found', (c) => c.setServerState({ backend: 'app', server: 'red' }, 'drain')],
    ['no such backend', 'not-found', (c) => c.showStat({ proxy: 'nope' })],
    ['no such map', 'not-found', (c) => c.showMap('/no.map')],
    ['no such key', 'not-found', (c) => c.setMap(MAP, 'nokey', 'x')],
    ['an address it cannot read', 'refused', (c) => c.setServerAddress(GREEN, 'foo.bar')],
    ['a weight out of range', 'invalid-options', (c) => c.setServerWeight(GREEN, 257)],
    ['an unknown command', 'unsupported', (c) => c.execute('frobnicate now')],
    ['two commands in one', 'invalid-options', (c) => c.execute('show info;show stat')],
  ] satisfies [string, string, (c: RuntimeClient) => Promise<unknown>][])(
    'tells %s by %s',
    async (_, code, call) => {
      expect((await failure(call(stage.haproxy))).code).toBe(code);
      expect((await stage.haproxy.showInfo()).stopping).toBe(false);
    },
  );

  const newer = (
    [
      ['3.4', addBackend({ backend: 'more', from: 'web', mode: 'http' })],
      ['3.4', publishBackend('be_blue')],
      ['3.5', renameServer(GREEN, 'lime')],
      ['3.5', clearServerCounters(GREEN)],
    ] as const
  ).filter(([since]) => !isAtLeast(stage.version, since));

  it.each(newer)('is too old for what %s brought, and is not even asked', async (since, command) => {
    for (const oneShot of [false, true]) {
      await using haproxy = createRuntimeClient({ address: stage.real.socket, oneShot });
      const error = await failure(haproxy.run(command));
      expect([error.code, error.message]).toEqual([
        'unsupported',
        expect.stringContaining(`HAProxy ${since} or later`),
      ]);
      expect(error.message).toContain('nothing was sent');
    }
  });

  it.each(newer.filter(([, { line }]) => /^publish|^set server/.test(line)))(
    'says itself that it does not know what %s brought',
    async (_, command) => {
      const unguarded: Command<true> = { ...command, since: undefined };
      expect((await failure(stage.haproxy.run(unguarded))).code).toBe('unsupported');
    },
  );

  it('names the level that is missing, before anything is sent', async () => {
    await using haproxy = createRuntimeClient({ address: join(stage.real.folder, 'operator.sock') });
    const error = await failure(haproxy.setServerState(BLUE, 'drain'));
    expect([error.code, error.message.includes('nothing was sent')]).toEqual(['denied', true]);
    expect((await stage.haproxy.showServersState('app'))[0]?.admin.mask).toBe(0);
  });

  it('ends on the last of two quick changes of address', async () => {
    const { haproxy } = stage;
    const quick = [
      haproxy.setAddress({ ...GREEN, address: '127.0.0.2', port: 81 }),
      haproxy.setAddress({ ...GREEN, address: '127.0.0.3', port: 82 }),
    ];
    const [, last] = await Promise.all(quick);
    const [, green] = await haproxy.showServersState('app');
    expect([last?.after.address, last?.after.port]).toEqual(['127.0.0.3', 82]);
    expect([green?.address, green?.port]).toEqual(['127.0.0.3', 82]);
  });

  it.each([
    ['0:0:0:0:0:0:0:1', '::1', '[::1]'],
    ['2001:DB8:0::A', '2001:db8::a', '2001:db8:0:0:0:0:0:a'],
    ['::FFFF:7f00:1', '::ffff:127.0.0.1', '127.0.0.1'],
  ])('takes the address %s, which it writes %s, and knows it as %s', async (address, written, again) => {
    const { haproxy } = stage;
    const { after } = await haproxy.setAddress({ ...GREEN, address, port: 83 });
    expect(after.address).toBe(written);
    expect((await haproxy.setAddress({ ...GREEN, address: again, port: 83 })).commands).toEqual([]);
  });

  it('is told from a socket that says nothing', async () => {
    const address = join(stage.real.folder, 'silent.sock');
    const silent = createServer((socket) => void socket.on('error', () => {})).listen(address);
    await once(silent, 'listening');
    await using haproxy = createRuntimeClient({ address, timeout: 200, connectTimeout: 200 });
    expect((await failure(haproxy.showInfo())).code).toBe('timeout');
    expect((await failure(haproxy.showStat())).code).toBe('timeout');
    silent.close();
  });
});
