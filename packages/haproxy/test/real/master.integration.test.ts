import { expect, it } from 'vitest';
import { cliLevel, createMasterClient, renameServer, setMap, showMap } from '../../src/index.ts';
import { ask } from '../support/requests.ts';
import { BLUE, MAP, onRealHaproxy } from '../support/stage.ts';
import { failure } from '../support/with-fake.ts';

onRealHaproxy('the master', {}, (stage) => {
  const master = () => createMasterClient({ address: stage.real.master });
  const workerOf = async () =>
    (await master().showProc()).find(({ type, old }) => type === 'worker' && !old)?.pid;

  it('carries any command to its worker, with spaces and semicolons refused or escaped alike', async () => {
    const { run } = master();
    // A worker answers on its own socket before the master has it in its list.
    await expect.poll(() => run(cliLevel()).catch(String), { timeout: 20_000 }).toBe('admin');
    const value = 'two words \\ and a backslash';
    await run(setMap(MAP, 'live', value));
    expect(await run(showMap(MAP))).toEqual([{ key: 'live', value }]);
    expect(await stage.haproxy.showMap(MAP)).toEqual([{ key: 'live', value }]);
    expect(() => setMap(MAP, 'live', 'a;quit')).toThrow('cannot be sent');
    expect((await failure(run(setMap(MAP, 'nokey', 'x')))).code).toBe('not-found');
    expect((await failure(run(renameServer(BLUE, 'lime')))).code).toBe('unsupported');
    await run(setMap(MAP, 'live', 'be_blue'));
  });

  it('tells of its processes and reloads', async () => {
    const before = await workerOf();
    const { success } = await master().reload();
    expect(success).toBe(stage.version === '2.6' ? undefined : true);
    await expect.poll(workerOf, { timeout: 20_000 }).not.toBe(before);
  });

  it('counts the clients that an old worker still has, and finds none when they have gone', async () => {
    const { haproxy, blue, url } = stage;
    await blue.set({ slow: 4_000 });
    const slow = ask(`${url}/slow`);
    await expect
      .poll(async () => (await haproxy.showSessions()).some(({ backend }) => backend === 'app'), {
        interval: 5,
      })
      .toBe(true);
    await master().reload();
    await expect
      .poll(async () => (await master().oldWorkers()).map(({ connections }) => connections), {
        timeout: 3_500,
      })
      .toEqual([1]);
    expect((await slow).status).toBe(200);
    await expect.poll(() => master().oldWorkers(), { timeout: 20_000 }).toEqual([]);
  });
});
