import { expect, it } from 'vitest';
import type { App } from '../support/app.ts';
import { ask, pressure } from '../support/requests.ts';
import { BLUE, GREEN, MAP, onRealHaproxy, type Stage, until } from '../support/stage.ts';
import { openEcho } from '../support/web-socket.ts';
import { failure } from '../support/with-fake.ts';

const OTHER = { blue: 'green', green: 'blue' } as const;
type Slot = keyof typeof OTHER;
const server = (slot: Slot) => ({ backend: 'app', server: slot });

onRealHaproxy('switching under load', {}, (stage) => {
  it('loses no request over ten switches by server state under 32 keep-alive clients', async () => {
    await stage.reset();
    const { haproxy } = stage;
    const load = pressure(`${stage.url}/`, { clients: 32, pause: 5 });
    let live: Slot = 'blue';
    for (let n = 0; n < 10; n++) {
      await haproxy.warm(server(OTHER[live]));
      await haproxy.switchServers({ backend: 'app', to: OTHER[live], from: live });
      live = OTHER[live];
    }
    const { failed, failures, sent, versions } = await load.stop();
    expect([failed, failures]).toEqual([0, []]);
    expect(sent).toBeGreaterThan(500);
    expect(Object.keys(versions).sort()).toEqual(['blue', 'green']);
  });

  it('loses no POST over twenty switches by map, and every switch is read back', async () => {
    await stage.reset();
    const haproxy = stage.byMap;
    const load = pressure(`${stage.url}/map`, { clients: 16, method: 'POST', pause: 5 });
    for (let n = 0; n < 20; n++) {
      const value = n % 2 ? 'be_blue' : 'be_green';
      await haproxy.switchMap({ map: MAP, key: 'live', value, requireBackend: true });
      expect((await ask(`${stage.url}/map`)).version).toBe(value.slice(3));
    }
    const { failed, failures } = await load.stop();
    expect([failed, failures]).toEqual([0, []]);
  });

  it('loses nothing over twenty full replacements, the drained old process killed by SIGKILL each time', async () => {
    await stage.reset();
    const { haproxy } = stage;
    const load = pressure(`${stage.url}/`, { clients: 16, pause: 5 });
    let live: Slot = 'blue';
    await stage.green.kill();
    for (let n = 0; n < 20; n++) {
      const next: Slot = OTHER[live];
      await stage[next].revive();
      await haproxy.warm(server(next));
      await haproxy.switchServers({ backend: 'app', to: next, from: live });
      expect((await haproxy.drain({ ...server(live), to: n % 2 ? 'maint' : 'drain' })).drained).toBe(true);
      await haproxy.closeServer(server(live));
      await stage[live].kill();
      live = next;
    }
    const { failed, failures, sent } = await load.stop();
    expect([failed, failures]).toEqual([0, []]);
    expect(sent).toBeGreaterThan(1_000);
    await stage[OTHER[live]].revive();
  });

  it.each([
    ['does not listen', (app: App) => app.kill()],
    ['answers 503', (app: App) => app.set({ healthy: false })],
  ])('sends no request to a new slot whose app %s, and ends as it began', async (_, spoil) => {
    await stage.reset();
    const { haproxy, green } = stage;
    await spoil(green);
    const before = await reached(stage, 'green');
    const load = pressure(`${stage.url}/`, { clients: 4 });
    const error = await failure(haproxy.warm({ ...GREEN, timeout: 1200 }));
    expect((await failure(haproxy.open(GREEN))).code).toBe('not-ready');
    await haproxy.closeServer(GREEN);
    const { failed, failures } = await load.stop();
    const after = await reached(stage, 'green');
    expect([error.code, after - before, failed, failures]).toEqual(['not-ready', 0, 0, []]);
    const states = await haproxy.showServersState('app');
    expect(states.map(({ admin }) => admin.maint)).toEqual([false, true]);
    await green.kill();
    await green.revive();
  });

  it('warms a slot that starts late, and sends nothing before', async () => {
    await stage.reset();
    const { haproxy, green } = stage;
    await green.kill();
    const before = await reached(stage, 'green');
    const load = pressure(`${stage.url}/`, { clients: 4 });
    const warming = haproxy.warm(GREEN);
    await expect
      .poll(async () => (await rowOf(stage, 'green'))?.check?.code, { timeout: 10_000 })
      .toBe('L4CON');
    await green.revive();
    const { after } = await warming;
    const { failed } = await load.stop();
    expect([after.status.text, (await reached(stage, 'green')) - before, failed]).toEqual(['DRAIN', 0, 0]);
  });

  it('drains an old slot that is down, so that it takes no traffic when it is back', async () => {
    await stage.reset();
    const { haproxy, blue } = stage;
    await haproxy.warm(GREEN);
    await blue.kill();
    await until(haproxy, 'blue', 'DOWN');
    await haproxy.switchServers({ backend: 'app', to: 'green', from: 'blue' });
    await blue.revive();
    await until(haproxy, 'blue', 'DRAIN');
    const load = pressure(`${stage.url}/`, { clients: 4 });
    await expect.poll(async () => (await rowOf(stage, 'green'))?.number('stot')).toBeGreaterThan(50);
    const { failed, versions } = await load.stop();
    expect([failed, Object.keys(versions)]).toEqual([0, ['green']]);
  });

  it('keeps a WebSocket alive across the switch, and cuts it only when told to, counted', async () => {
    await stage.reset();
    const { haproxy } = stage;
    const echo = await openEcho(stage.url);
    await haproxy.warm(GREEN);
    await haproxy.switchServers({ backend: 'app', to: 'green', from: 'blue' });
    expect(await echo.echoes('still here')).toBe(true);
    const result = await haproxy.drain({ ...BLUE, timeout: 200, force: true });
    expect(result).toMatchObject({ drained: false, cut: 1 });
    await echo.closed;
  });

  it('lets a cookie client stay while draining, and moves it in maintenance', async () => {
    await stage.reset();
    const { haproxy, url } = stage;
    const { cookie = '' } = await ask(url);
    expect(cookie).toBe('slot=blue');
    await haproxy.warm(GREEN);
    await haproxy.switchServers({ backend: 'app', to: 'green', from: 'blue' });
    expect((await ask(url, { cookie })).version).toBe('blue');
    expect((await ask(url)).version).toBe('green');
    await haproxy.closeServer(BLUE);
    expect((await ask(url, { cookie })).version).toBe('green');
  });

  it('waits for a slow request, by sessions and by HAProxy itself', async () => {
    await stage.reset();
    const { haproxy } = stage;
    const slow = await slowRequest(stage);
    await haproxy.warm(GREEN);
    await haproxy.switchServers({ backend: 'app', to: 'green', from: 'blue' });
    const result = await haproxy.drain({ ...BLUE, to: 'maint' });
    expect([result.drained, (await slow.answer).version]).toEqual([true, 'blue']);
  });

  it('is told when a drain outlives its limit, and the request is answered all the same', async () => {
    await stage.reset();
    const { haproxy, blue } = stage;
    await blue.set({ slow: 2_000 });
    const slow = await slowRequest(stage);
    const result = await haproxy.drain({ ...BLUE, timeout: 60 });
    expect(result).toMatchObject({ drained: false, remaining: 1, cut: 0 });
    expect((await slow.answer).version).toBe('blue');
  });
});

const rowOf = async ({ haproxy }: Stage, slot: Slot) =>
  (await haproxy.showStat({ proxy: 'app', type: 'server' })).find(({ name }) => name === slot);

/** Requests that HAProxy itself ever sent there, whether or not anything listened. */
const reached = async (stage: Stage, slot: Slot): Promise<number> =>
  (await rowOf(stage, slot))?.number('stot') ?? 0;

/** A request that is under way at blue. */
async function slowRequest(stage: Stage) {
  const answer = ask(`${stage.url}/slow`);
  await expect
    .poll(async () => (await rowOf(stage, 'blue'))?.sessions, { interval: 5, timeout: 10_000 })
    .toBe(1);
  return { answer };
}
