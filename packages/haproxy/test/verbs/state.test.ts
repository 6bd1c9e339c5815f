import { FakeClock } from '@cutover/testing';
import { describe, expect, it } from 'vitest';
import { examine } from '../../src/verbs/findings.ts';
import { failure, withFake } from '../support/with-fake.ts';

const map = '/maps/live.map';

describe('one service, one way', () => {
  it('refuses to switch by server state a backend that a map switched', async () => {
    const { haproxy } = await withFake({
      backends: { be_blue: { a: {}, b: { admin: 1 } }, be_green: { a: {} } },
    });
    await haproxy.switchMap({ map, key: 'live', value: 'be_green' });
    await haproxy.warm({ backend: 'be_blue', server: 'b', pollInterval: 1 });
    const error = await failure(haproxy.with({}).switchServers({ backend: 'be_blue', to: 'b', from: 'a' }));
    expect([error.code, error.message.includes('by map already')]).toEqual(['conflict', true]);
  });
});

describe('reconcile', () => {
  const servers = { app: { blue: { state: 'maint' }, green: { state: 'ready', weight: 50 } } } as const;
  const maps = { [map]: { live: 'be_green' } };

  it('opens what shall take traffic before it takes the others out, and then changes nothing more', async () => {
    const { fake, haproxy } = await withFake();
    const { commands } = await haproxy.reconcile({ servers, maps });
    expect(commands.filter((command) => command.startsWith('set server'))).toEqual([
      'set server app/green weight 50',
      'set server app/green state drain',
      'set server app/green state ready',
      'set server app/blue state maint',
    ]);
    expect(fake.map(map)[0]).toEqual(['live', 'be_green']);
    expect((await haproxy.reconcile({ servers, maps })).commands).toEqual([]);
  });
  it('says in a dry run what it would send', async () => {
    const { fake, haproxy } = await withFake();
    const { commands } = await haproxy.reconcile({ servers, dryRun: true });
    expect(commands).toContain('set server app/green state ready');
    expect(fake.lines.filter((line) => line.startsWith('set server'))).toEqual([]);
  });
  it('refuses a state in which no server takes traffic', async () => {
    const { haproxy } = await withFake();
    expect((await failure(haproxy.reconcile({ servers: { app: { blue: { state: 'drain' } } } }))).code).toBe(
      'invalid-options',
    );
  });
});

describe('watch', () => {
  it('gives deltas and rates at its interval, and ends with its signal', async () => {
    const clock = new FakeClock();
    const { fake, haproxy } = await withFake({}, { clock });
    const controller = new AbortController();
    const watching = haproxy.watch({
      proxy: 'app',
      type: 'server',
      interval: 500,
      signal: controller.signal,
    });
    fake.server('app', 'blue').sessions = 4;
    const first = await watching.next();
    expect(first.value?.rows[0]?.delta('scur')).toBeUndefined();
    fake.server('app', 'blue').sessions = 10;
    const next = watching.next();
    await expect.poll(() => clock.sleeping).toBe(1);
    await clock.advance(500);
    const blue = (await next).value?.rows[0];
    expect([blue?.delta('scur'), blue?.rate('scur')]).toEqual([6, 12]);
    const last = watching.next();
    await expect.poll(() => clock.sleeping).toBe(1);
    controller.abort();
    expect((await last).done).toBe(true);
  });
  it('refuses to look more often than HAProxy can bear', async () => {
    const { haproxy } = await withFake();
    await expect(haproxy.watch({ interval: 10 }).next()).rejects.toThrow('100 or more');
  });
});

describe('health', () => {
  it('says which backend has no server up', async () => {
    const { fake, haproxy } = await withFake();
    expect(await haproxy.health()).toMatchObject({ healthy: true, reasons: [] });
    Object.assign(fake.server('be_green', 's1'), { app: 'refused', health: 0 });
    expect(await haproxy.health()).toMatchObject({
      healthy: false,
      reasons: ['backend be_green has no server up'],
    });
    expect(await haproxy.health({ backends: ['app'] })).toMatchObject({ healthy: true });
    expect((await haproxy.health({ backends: ['nope'] })).reasons).toEqual(['there is no backend nope']);
  });
});

describe('examine', () => {
  const nothing = {
    level: 'admin',
    rows: [],
    servers: [],
    maps: [],
    sockets: [],
    mapsNeedAdmin: true,
    config: undefined,
  } as const;
  const codes = (seen: Partial<Parameters<typeof examine>[0]>) =>
    examine({ ...nothing, ...seen }).map(({ code }) => code);
  const server = { backend: 'app', server: 'blue', checked: true, agent: false, initialWeight: 100 } as never;

  it('finds nothing where nothing is wrong', () => {
    expect(codes({ servers: [server], config: 'defaults\n option redispatch\n' })).toEqual([]);
  });
  it('finds nothing wrong with an admin socket on loopback', () => {
    const on = (address: string) => ({ address, level: 'admin' as const });
    const sockets = [on('ipv4@127.0.0.1:9999'), on('ipv6@[::1]:9999'), on('unix@/run/haproxy/admin.sock')];
    expect(codes({ sockets })).toEqual([]);
  });
  it.each([
    ['level', { level: 'operator' }],
    ['tcp-admin-socket', { sockets: [{ address: 'ipv6@[::]:9999', level: 'admin' }] }],
    ['tcp-admin-socket', { sockets: [{ address: 'ipv4@0.0.0.0:9999', level: 'admin' }] }],
    ['no-check', { servers: [{ ...(server as object), checked: false }] }],
    ['agent', { servers: [{ ...(server as object), agent: true }] }],
    ['weight-1', { servers: [{ ...(server as object), initialWeight: 1 }] }],
    [
      'map-writable',
      { mapsNeedAdmin: false, maps: [{ file: map }], sockets: [{ address: 'unix@/u', level: 'user' }] },
    ],
    ['default-credentials', { config: 'stats auth admin:admin123\noption redispatch' }],
    ['stats-admin', { config: 'stats admin if TRUE\noption redispatch' }],
    ['no-redispatch', { config: 'defaults\n# option redispatch\n' }],
  ])('finds %s', (code, seen) => expect(codes(seen as never)).toEqual([code]));
});
