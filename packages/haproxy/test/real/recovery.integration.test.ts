import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { HaproxyErrorCode, RuntimeClient } from '../../src/index.ts';
import { ask } from '../support/requests.ts';
import { BLUE, MAP, onRealHaproxy } from '../support/stage.ts';

/** What a command under way may end with when HAProxy goes away; anything else is a bug, and a hang is one too. */
const FATES: readonly (HaproxyErrorCode | 'ok')[] = [
  'ok',
  'lost',
  'truncated',
  'unreachable',
  'stale-worker',
  'timeout',
];

onRealHaproxy('what happens in the middle of commands', {}, (stage) => {
  const pidOf = async () => (await stage.haproxy.showInfo()).pid;

  it('after a reload the next command goes to the new worker, and the old one is let go', async () => {
    const { haproxy, real } = stage;
    const old = await pidOf();
    // A master that has just started may miss its first signal: whoever reloads looks, and asks again.
    const reloaded = async () => {
      await real.reload();
      return expect.poll(pidOf, { timeout: 5_000 }).not.toBe(old);
    };
    await reloaded().catch(reloaded);
    await haproxy.setServerState(BLUE, 'drain');
    await using other = real.client();
    const [blue] = await other.showServersState('app');
    expect(blue?.admin.drain).toBe(true);
    await haproxy.setServerState(BLUE, 'ready');
    await expect
      .poll(() => real.container.exec('sh', '-c', `test -d /proc/${old} && echo alive || echo gone`), {
        timeout: 20_000,
      })
      .toBe('gone');
  });

  it.each<[string, (haproxy: RuntimeClient) => Promise<void>, boolean]>([
    [
      'a reload',
      async (haproxy) => {
        const { pid } = await haproxy.showInfo();
        await stage.real.reload();
        await expect.poll(async () => (await haproxy.showInfo()).pid, { timeout: 20_000 }).not.toBe(pid);
      },
      false,
    ],
    ['a restart', () => stage.real.restart(), false],
    [
      'a SIGKILL',
      async () => {
        await stage.real.container.kill();
        await stage.real.container.start();
      },
      true,
    ],
  ])(
    '%s is met with typed errors, and every later command reaches the next worker',
    async (_, disturb, gone) => {
      await using haproxy = stage.real.client();
      const under = hammer(haproxy);
      await expect.poll(() => under.outcomes.length).toBeGreaterThan(20);
      await disturb(haproxy);
      if (gone)
        await expect.poll(() => under.outcomes.includes('unreachable'), { timeout: 10_000 }).toBe(true);
      await stage.real.ready();
      await expect.poll(async () => (await haproxy.showInfo()).stopping, { timeout: 20_000 }).toBe(false);
      await under.stop();
      expect([...new Set(under.outcomes)].filter((fate) => !FATES.includes(fate))).toEqual([]);
      expect((await haproxy.showInfo()).stopping).toBe(false);
      await haproxy.setServerWeight(BLUE, 37);
      await using other = stage.real.client();
      expect((await other.showServersState('app'))[0]?.weight).toBe(37);
    },
  );

  it('the chosen slot outlives a restart, by map file and by state file', async () => {
    const { real, byMap, haproxy } = stage;
    await byMap.switchMap({ map: MAP, key: 'live', value: 'be_green' });
    await byMap.persistMap({ map: MAP, file: join(real.folder, 'live.map') });
    await haproxy.setServerState(BLUE, 'maint');
    await haproxy.persistServerState({ file: join(real.folder, 'servers.state') });
    expect(await readFile(join(real.folder, 'live.map'), 'utf8')).toContain('live be_green\n');
    await real.restart();
    expect(await haproxy.showMap(MAP)).toContainEqual({ key: 'live', value: 'be_green' });
    expect((await haproxy.showServersState('app'))[0]?.admin.maint).toBe(true);
    await haproxy.setServerState(BLUE, 'ready');
    await expect
      .poll(async () => (await ask(real.url()).catch(() => undefined))?.status, { timeout: 10_000 })
      .toBe(200);
  });
});

/** Changes and dumps without a pause, and how each ended. */
function hammer(haproxy: RuntimeClient) {
  const outcomes: (HaproxyErrorCode | 'ok')[] = [];
  let over = false;
  const fate = (call: Promise<unknown>) =>
    call.then(
      () => void outcomes.push('ok'),
      (error) => void outcomes.push(error.code),
    );
  const loop = async () => {
    while (!over) await Promise.all([fate(haproxy.setServerWeight(BLUE, 100)), fate(haproxy.showStat())]);
  };
  const running = Promise.all([loop(), loop()]);
  return {
    outcomes,
    stop: async () => {
      over = true;
      await running;
    },
  };
}
