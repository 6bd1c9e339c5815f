import { expect, it } from 'vitest';
import { ask } from '../support/requests.ts';
import { BLUE, MAP, onRealHaproxy } from '../support/stage.ts';
import { failure } from '../support/with-fake.ts';

/** The stage's frontend and backend are both named `app`; these are more of what names may be. */
const MORE = `
frontend lonely
  bind 127.0.0.1:8082
  default_backend be_blue
backend empty
frontend 3
  bind 127.0.0.1:8083
  default_backend be_blue
`;

onRealHaproxy('names', { more: MORE }, (stage) => {
  it('of a frontend and a backend may be the same: each row is of the type that was asked for', async () => {
    const { haproxy } = stage;
    const kinds = async (type: 'frontend' | 'backend' | 'server' | 'all') =>
      (await haproxy.showStat({ proxy: 'app', type })).map((row) => `${row.type} ${row.name}`);
    expect(await kinds('frontend')).toEqual(['frontend FRONTEND']);
    expect(await kinds('backend')).toEqual(['backend BACKEND']);
    expect(await kinds('server')).toEqual(['server blue', 'server green']);
    expect(await kinds('all')).toEqual([
      'frontend FRONTEND',
      'listener blue',
      'server blue',
      'server green',
      'backend BACKEND',
    ]);
  });

  it('of a frontend and a backend may be the same: a request under way is seen by drainBackend', async () => {
    const { haproxy, url } = stage;
    const slow = ask(`${url}/slow`);
    await expect
      .poll(async () => (await haproxy.showSessions()).some(({ backend }) => backend === 'app'), {
        interval: 5,
      })
      .toBe(true);
    const early = await haproxy.drainBackend({ backend: 'app', timeout: 50 });
    expect(early).toEqual({ drained: false, remaining: 1 });
    expect((await haproxy.drainBackend({ backend: 'app', timeout: 10_000 })).drained).toBe(true);
    expect((await slow).status).toBe(200);
  });

  it('of a listener and a server may be the same: watch counts each by itself', async () => {
    const { haproxy, url } = stage;
    const samples = haproxy.watch({ proxy: 'app', interval: 100 });
    await samples.next();
    await ask(url);
    const { rows } = (await samples.next()).value ?? { rows: [] };
    const rose = new Map(rows.map(({ row, delta }) => [`${row.type} ${row.name}`, delta('stot')]));
    await samples.return();
    expect([rose.size, rose.get('server blue')]).toEqual([5, 1]);
    expect(rose.get('listener blue')).toBe(rose.get('frontend FRONTEND'));
  });

  it('are the right side’s for every other command', async () => {
    const { haproxy } = stage;
    expect((await haproxy.showServersState('app')).map(({ server }) => server)).toEqual(['blue', 'green']);
    expect((await haproxy.showServersConn('app')).map(({ server }) => server)).toEqual(['blue', 'green']);
    await haproxy.setMaxconnFrontend('app', 1_000);
    await haproxy.disableFrontend('app');
    expect((await haproxy.showStat({ proxy: 'app', type: 'server' }))[0]?.status.state).toBe('up');
    await haproxy.enableFrontend('app');
    expect((await haproxy.health({ backends: ['app'] })).healthy).toBe(true);
  });

  it('of a proxy may be the number of another, which is not mistaken for it', async () => {
    const { haproxy } = stage;
    const [blue] = await haproxy.showStat({ proxy: 'app', type: 'server' });
    expect(blue?.text('iid')).toBe('3');
    const rows = await haproxy.showStat({ proxy: '3' });
    expect(rows.map((row) => `${row.proxy} ${row.name}`)).toEqual(['3 FRONTEND']);
  });

  it('of a backend without servers are known, and it is drained', async () => {
    const { haproxy } = stage;
    expect(await haproxy.showStat({ proxy: 'empty', type: 'server' })).toEqual([]);
    expect((await haproxy.drainBackend({ backend: 'empty', timeout: 1_000 })).drained).toBe(true);
  });

  // To HAProxy itself 2nd is proxy 2.
  it.each(['nope', 'lonely', '2nd'])('that no backend has are not-found (%s)', async (backend) => {
    const { haproxy, byMap } = stage;
    const target = { ...BLUE, backend };
    const calls = [
      haproxy.drainBackend({ backend, timeout: 50 }),
      haproxy.drain(target),
      haproxy.warm(target),
      haproxy.waitServerRemovable(target),
      haproxy.switchServers({ backend, to: 'green', from: 'blue' }),
      byMap.switchMap({ map: MAP, key: 'live', value: backend, requireBackend: true }),
      haproxy.showStat({ proxy: backend, type: 'backend' }),
      haproxy.showServersState(backend),
    ];
    const codes = await Promise.all(calls.map(async (call) => (await failure(call)).code));
    expect(codes).toEqual(calls.map(() => 'not-found'));
  });
});
