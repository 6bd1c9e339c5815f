import { expect, it } from 'vitest';
import { createMasterClient } from '../../src/index.ts';
import { onRealHaproxy } from '../support/stage.ts';
import { failure } from '../support/with-fake.ts';

const MORE = `
ring events
  format raw
  maxlen 1200
  size 65536
backend noted
  log global
  server s1 127.0.0.1:1
`;
const SERVER = { backend: 'noted', server: 's1' };

onRealHaproxy('the events', { more: MORE, global: '  log ring@events local0' }, (stage) => {
  it('tell of a server that goes and comes, on the worker before a reload and on the one after', async () => {
    const { haproxy } = stage;
    const heard: string[] = [];
    const controller = new AbortController();
    const listening = (async () => {
      for await (const event of haproxy.events({ sink: 'events', signal: controller.signal }))
        heard.push(event);
    })();
    // Whether it listens already is seen only by what it hears.
    const tells = async (state: 'maint' | 'ready', words: RegExp) => {
      const from = heard.length;
      const told = async () => {
        await haproxy.setServerState(SERVER, state === 'maint' ? 'ready' : 'maint');
        await haproxy.setServerState(SERVER, state);
        return heard.slice(from).some((event) => words.test(event));
      };
      await expect.poll(told, { timeout: 20_000, interval: 100 }).toBe(true);
    };
    await tells('maint', /noted\/s1 is going DOWN for maintenance/);
    await tells('ready', /noted\/s1 is UP|noted\/s1 is UP\/READY/);
    const before = (await haproxy.showInfo()).pid;
    await stage.real.reload();
    await expect.poll(async () => (await haproxy.showInfo()).pid, { timeout: 20_000 }).not.toBe(before);
    await tells('maint', /noted\/s1 is going DOWN for maintenance/);
    const master = createMasterClient({ address: stage.real.master });
    await expect.poll(() => master.oldWorkers(), { timeout: 20_000 }).toEqual([]);
    controller.abort();
    await listening;
  });

  it('of an unknown ring are refused, and the rings that there are named', async () => {
    const { haproxy } = stage;
    expect((await haproxy.showEventSinks()).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['buf0', 'events']),
    );
    expect((await failure(haproxy.events({ sink: 'nope' }).next())).code).toBe('not-found');
  });
});
