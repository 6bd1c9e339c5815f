import { describe, expect, it } from 'vitest';
import { failure, withFake } from '../support/with-fake.ts';

const BLUE = { backend: 'app', server: 'blue' };
const GREEN = { backend: 'app', server: 'green' };
const map = '/maps/live.map';

/** A frontend beside each backend, of the same name and before it; one that stands alone; one whose name is a number. */
const pairs = () =>
  withFake({
    frontends: ['app', 'be_blue', 'be_green', 'lonely', '4'],
    backends: {
      app: { blue: {}, green: { admin: 1 } },
      be_blue: { s1: {} },
      be_green: { s1: {} },
      5: { s1: {} },
    },
  });

describe('a frontend and a backend of one name', () => {
  it('do not hide the servers of the backend from warm, switchServers and drain', async () => {
    const { fake, haproxy } = await pairs();
    await haproxy.warm({ ...GREEN, pollInterval: 1 });
    await haproxy.switchServers({ backend: 'app', to: 'green', from: 'blue' });
    fake.server('app', 'blue').sessions = 2;
    expect(await haproxy.drain({ ...BLUE, timeout: 50 })).toMatchObject({ drained: false, remaining: 2 });
  });

  it('do not hide the sessions of the backend from drainBackend', async () => {
    const { fake, haproxy } = await pairs();
    fake.server('app', 'blue').sessions = 3;
    expect(await haproxy.drainBackend({ backend: 'app', timeout: 50 })).toEqual({
      drained: false,
      remaining: 3,
    });
    fake.server('app', 'blue').sessions = 0;
    expect(await haproxy.drainBackend({ backend: 'app', timeout: 1_000 })).toEqual({
      drained: true,
      remaining: 0,
    });
  });

  it('cost one command a look once HAProxy has said their numbers', async () => {
    const { fake, haproxy } = await pairs();
    await haproxy.showStat({ proxy: 'app', type: 'backend' });
    const before = fake.lines.length;
    const [row] = await haproxy.showStat({ proxy: 'app', type: 'backend' });
    const looks = fake.lines.slice(before).filter((line) => line.startsWith('show stat'));
    expect([row?.proxy, row?.type, looks.length]).toEqual(['app', 'backend', 1]);
  });

  it('do not hide from switchMap that the backend is up', async () => {
    const { haproxy } = await pairs();
    const { after } = await haproxy.switchMap({ map, key: 'live', value: 'be_green', requireBackend: true });
    expect(after[0]?.value).toBe('be_green');
  });

  it.each([
    ['frontend', ['frontend FRONTEND']],
    ['backend', ['backend BACKEND']],
    ['server', ['server blue', 'server green']],
    ['all', ['frontend FRONTEND', 'server blue', 'server green', 'backend BACKEND']],
  ] as const)('are told apart by showStat of type %s', async (type, rows) => {
    const { haproxy } = await pairs();
    const found = await haproxy.showStat({ proxy: 'app', type });
    expect(found.map((row) => `${row.type} ${row.name}`)).toEqual(rows);
  });

  it('are told apart by watch', async () => {
    const { haproxy } = await pairs();
    for await (const { rows } of haproxy.watch({ proxy: 'app', type: 'server' })) {
      expect(rows.map(({ row }) => row.name)).toEqual(['blue', 'green']);
      break;
    }
  });
});

describe('a proxy whose name is a number', () => {
  it('is never taken for the proxy of that number', async () => {
    const { haproxy } = await pairs();
    const proxies = await haproxy.showStat({ proxy: '5' });
    expect(proxies.map(({ proxy }) => proxy)).toEqual(['5', '5']);
  });

  it('does not stand in for the backend of that number', async () => {
    const { haproxy } = await withFake({ frontends: ['app', '4'] });
    const [blue] = await haproxy.showStat({ proxy: 'app', type: 'server' });
    expect([blue?.proxy, blue?.name]).toEqual(['app', 'blue']);
  });
});

describe('a backend that does not exist', () => {
  // HAProxy reads a number at the beginning of a name it does not know: 7th would be proxy 7.
  it.each(['nope', 'lonely', '7th'])('is not-found to every verb and look (%s)', async (backend) => {
    const { haproxy } = await pairs();
    const target = { backend, server: 'blue' };
    const calls = {
      drainBackend: haproxy.drainBackend({ backend, timeout: 50 }),
      drain: haproxy.drain(target),
      warm: haproxy.warm(target),
      open: haproxy.open(target),
      closeServer: haproxy.closeServer(target),
      setAddress: haproxy.setAddress({ ...target, address: '10.0.0.1' }),
      waitServerRemovable: haproxy.waitServerRemovable(target),
      switchServers: haproxy.switchServers({ backend, to: 'green', from: 'blue' }),
      switchMap: haproxy.switchMap({ map, key: 'live', value: backend, requireBackend: true }),
      reconcile: haproxy.reconcile({ servers: { [backend]: { blue: { state: 'ready' } } } }),
      showStat: haproxy.showStat({ proxy: backend, type: 'backend' }),
      servers: haproxy.showStat({ proxy: backend, type: 'server' }),
      watch: haproxy.watch({ proxy: backend, type: 'server' }).next(),
    };
    const codes = await Promise.all(
      Object.entries(calls).map(async ([call, result]) => [call, (await failure(result)).code]),
    );
    expect(codes).toEqual(Object.keys(calls).map((call) => [call, 'not-found']));
  });
});
