import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, startApp } from '../support/app.ts';
import { configOf } from '../support/configs.ts';
import { type RealHaproxy, SHARED, startRealHaproxy } from '../support/real-haproxy.ts';
import { ask, pressure } from '../support/requests.ts';
import { openEcho } from '../support/web-socket.ts';
import { failure } from '../support/with-fake.ts';

const MAP = `${SHARED}/live.map`;
const server = (name: string) => ({ backend: 'app', server: name });

describe.each(['2.6', '3.0'])('switching on HAProxy %s', (version) => {
  let apps: Record<string, App>;
  let real: RealHaproxy;

  beforeAll(async () => {
    apps = { blue: await startApp('blue'), green: await startApp('green') };
    const config = configOf(apps.blue?.port ?? 0, apps.green?.port ?? 0, { version });
    real = await startRealHaproxy(version, config, { 'live.map': 'live be_blue\n' });
  });
  afterAll(async () => {
    await real?.[Symbol.asyncDispose]();
    for (const app of Object.values(apps)) await app.kill();
  });

  /** Blue takes traffic and green is in maintenance, whatever the test before left. */
  const reset = async () => {
    await using haproxy = real.client();
    for (const app of Object.values(apps)) app.healthy = true;
    await haproxy.setServerState(server('blue'), 'ready');
    await expect
      .poll(async () => (await haproxy.showStat({ proxy: 'app', type: 'server' }))[0]?.status.text, {
        timeout: 5000,
      })
      .toBe('UP');
    await haproxy.closeServer(server('green'));
  };

  it('loses no request over ten switches by server state under 16 keep-alive clients', async () => {
    await reset();
    await using haproxy = real.client();
    const load = pressure(`${real.url}/`);
    for (let n = 0; n < 10; n++) {
      const [from, to] = n % 2 ? ['green', 'blue'] : ['blue', 'green'];
      await haproxy.warm(server(to as string));
      await haproxy.switchServers({ backend: 'app', to: to as string, from: from as string });
    }
    const { failed, failures, sent, versions } = await load.stop();
    expect([failed, failures]).toEqual([0, []]);
    expect(sent).toBeGreaterThan(500);
    expect(Object.keys(versions).sort()).toEqual(['blue', 'green']);
  });

  it('loses no POST over twenty switches by map, and every switch is read back', async () => {
    await reset();
    await using haproxy = real.client();
    const load = pressure(`${real.url}/map`, { method: 'POST' });
    for (let n = 0; n < 20; n++) {
      const value = n % 2 ? 'be_blue' : 'be_green';
      await haproxy.switchMap({ map: MAP, key: 'live', value, requireBackend: true });
      expect((await ask(`${real.url}/map`)).version).toBe(value.slice(3));
    }
    const { failed, failures } = await load.stop();
    expect([failed, failures]).toEqual([0, []]);
  });

  it('replaces a slot with its app killed, five times, and loses nothing', async () => {
    await reset();
    await using haproxy = real.client();
    const load = pressure(`${real.url}/`);
    for (let n = 0; n < 5; n++) {
      const [from, to] = (n % 2 ? ['green', 'blue'] : ['blue', 'green']) as ['blue', 'green'];
      await haproxy.warm(server(to));
      await haproxy.switchServers({ backend: 'app', to, from });
      expect((await haproxy.drain(server(from))).drained).toBe(true);
      await haproxy.closeServer(server(from));
      await apps[from]?.kill();
      await apps[from]?.revive();
    }
    const { failed, failures } = await load.stop();
    expect([failed, failures]).toEqual([0, []]);
  });

  it.each([
    ['does not listen', async (app: App) => app.kill()],
    [
      'answers 503',
      async (app: App) => {
        app.healthy = false;
      },
    ],
  ])('sends no request to a new slot whose app %s', async (_, spoil) => {
    await reset();
    await using haproxy = real.client();
    const green = apps.green as App;
    await spoil(green);
    const before = green.served;
    const load = pressure(`${real.url}/`, { clients: 4 });
    const error = await failure(haproxy.warm({ ...server('green'), timeout: 1200 }));
    expect((await failure(haproxy.open(server('green')))).code).toBe('not-ready');
    await haproxy.closeServer(server('green'));
    const { failed, failures } = await load.stop();
    expect([error.code, green.served - before, failed, failures]).toEqual(['not-ready', 0, 0, []]);
    await green.kill();
    await green.revive();
  });

  it('warms a slot that starts late, and sends nothing before', async () => {
    await reset();
    await using haproxy = real.client();
    const green = apps.green as App;
    await green.kill();
    const before = green.served;
    const late = setTimeout(() => void green.revive(), 700);
    const load = pressure(`${real.url}/`, { clients: 4 });
    const { after } = await haproxy.warm(server('green'));
    clearTimeout(late);
    const { failed } = await load.stop();
    expect([after.status.text, green.served - before, failed]).toEqual(['DRAIN', 0, 0]);
  });

  it('keeps a WebSocket alive across the switch, and cuts it only when told to, counted', async () => {
    await reset();
    await using haproxy = real.client();
    const echo = await openEcho(real.url);
    await haproxy.warm(server('green'));
    await haproxy.switchServers({ backend: 'app', to: 'green', from: 'blue' });
    expect(await echo.echoes('still here')).toBe(true);
    const result = await haproxy.drain({ ...server('blue'), timeout: 200, force: true });
    expect(result).toMatchObject({ drained: false, cut: 1 });
    await echo.closed;
  });

  it('lets a cookie client stay while draining, and moves it in maintenance', async () => {
    await reset();
    await using haproxy = real.client();
    const { cookie } = await ask(real.url);
    expect(cookie).toBe('slot=blue');
    await haproxy.warm(server('green'));
    await haproxy.switchServers({ backend: 'app', to: 'green', from: 'blue' });
    expect((await ask(real.url, { cookie: cookie as string })).version).toBe('blue');
    expect((await ask(real.url)).version).toBe('green');
    await haproxy.closeServer(server('blue'));
    expect((await ask(real.url, { cookie: cookie as string })).version).toBe('green');
  });

  it('waits for a slow request, by sessions and by HAProxy itself', async () => {
    await reset();
    await using haproxy = real.client();
    const slow = ask(`${real.url}/slow`);
    await expect
      .poll(async () => (await haproxy.showStat({ proxy: 'app', type: 'server' }))[0]?.sessions, {
        interval: 5,
      })
      .toBe(1);
    await haproxy.warm(server('green'));
    await haproxy.switchServers({ backend: 'app', to: 'green', from: 'blue' });
    const result = await haproxy.drain({ ...server('blue'), to: 'maint' });
    expect([result.drained, (await slow).version]).toEqual([true, 'blue']);
  });

  it('is told when a drain outlives its limit, and the request is answered all the same', async () => {
    await reset();
    await using haproxy = real.client();
    const slow = ask(`${real.url}/slow`);
    await expect
      .poll(async () => (await haproxy.showStat({ proxy: 'app', type: 'server' }))[0]?.sessions, {
        interval: 5,
      })
      .toBe(1);
    const result = await haproxy.drain({ ...server('blue'), timeout: 60 });
    expect(result).toMatchObject({ drained: false, remaining: 1, cut: 0 });
    expect((await slow).version).toBe('blue');
    await haproxy.setServerState(server('blue'), 'ready');
  });
});
