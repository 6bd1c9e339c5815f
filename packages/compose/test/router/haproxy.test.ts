import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createRuntimeClient } from '@cutover/haproxy';
import { type FakeHaproxyOptions, startFakeHaproxy } from '@cutover/haproxy/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { haproxyMapRouter } from '../../src/router/haproxy-map.ts';
import { haproxyServerRouter } from '../../src/router/haproxy-server.ts';

const map = '/maps/live.map';

/** A fake HAProxy whose frontends are named as its backends are, and the file that it would read when it starts. */
async function begin(options: FakeHaproxyOptions, stored: string) {
  const fake = await startFakeHaproxy(options);
  const client = createRuntimeClient({ address: fake.address });
  const folder = await mkdtemp(join(tmpdir(), 'cutover-router-'));
  const file = join(folder, 'stored');
  await writeFile(file, stored);
  onTestFinished(async () => {
    await client.close();
    await fake.close();
    await rm(folder, { recursive: true });
  });
  return { fake, client, file };
}

const byMap = async (green: string) => {
  const { fake, client, file } = await begin(
    {
      frontends: ['be_blue', 'be_green', 'lonely'],
      backends: { be_blue: { s1: { sessions: 2 } }, be_green: { s1: { sessions: 5 } } },
      maps: { [map]: { live: 'be_blue' } },
    },
    'live be_blue\n',
  );
  const router = haproxyMapRouter({ client, map, key: 'live', file, backends: { blue: 'be_blue', green } });
  return { fake, router };
};

describe('a frontend and a backend of one name', () => {
  it('do not hide the sessions of a slot from haproxyMapRouter', async () => {
    const { slots } = await (await byMap('be_green')).router.observe();
    expect([slots.blue, slots.green]).toMatchObject([
      { up: true, sessions: 2 },
      { up: true, sessions: 5 },
    ]);
  });

  it('do not hide the sessions of a slot from haproxyServerRouter', async () => {
    const servers = { blue: { sessions: 2 }, green: { admin: 8, sessions: 5 } };
    const { client, file } = await begin({ frontends: ['api'], backends: { api: servers } }, '');
    const router = haproxyServerRouter({
      client,
      backend: 'api',
      servers: { blue: 'blue', green: 'green' },
      file,
    });
    const { slots } = await router.observe();
    expect([slots.blue?.sessions, slots.green?.sessions]).toEqual([2, 5]);
  });
});

describe('a backend that HAProxy does not have', () => {
  it.each(['nope', 'lonely'])('is unfit to haproxyMapRouter, not unreachable (%s)', async (green) => {
    const { router } = await byMap(green);
    await expect(router.observe()).rejects.toMatchObject({
      code: 'router-unfit',
      message: expect.stringContaining(green),
    });
  });

  it('is unfit to haproxyServerRouter, not unreachable', async () => {
    const { client, file } = await begin({ frontends: ['api'], backends: { app: { blue: {} } } }, '');
    const router = haproxyServerRouter({ client, backend: 'api', servers: { blue: 'blue' }, file });
    await expect(router.observe()).rejects.toMatchObject({ code: 'router-unfit' });
  });
});

describe('the state file of haproxyServerRouter', () => {
  const byServer = async (name: string) => {
    const servers = { blue: {}, green: { admin: 8 } };
    const { client, file } = await begin({ frontends: ['web'], backends: { api: servers } }, '');
    return haproxyServerRouter({
      client,
      backend: 'api',
      servers: { blue: 'blue', green: 'green' },
      file: join(dirname(file), name),
    });
  };

  it('may be missing before the first deployment', async () => {
    const router = await byServer('later');
    expect(await router.observe()).toMatchObject({ live: 'blue', stored: undefined });
  });

  it('must have a folder', async () => {
    await expect((await byServer('nowhere/state')).observe()).rejects.toMatchObject({ code: 'router-unfit' });
  });
});

describe('haproxyMapRouter of several services', () => {
  const backends = (name: string) => ({ blue: `${name}_blue`, green: `${name}_green` });
  const keys = { api: backends('api'), web: backends('web') };
  const byKeys = async (entries: Record<string, string>, stored = '') => {
    const servers = { one: { address: '10.0.0.1' }, two: { address: '10.0.0.2' } };
    const all = Object.values(keys).flatMap((each) => Object.values(each));
    const { client, file, fake } = await begin(
      { backends: Object.fromEntries(all.map((name) => [name, servers])), maps: { [map]: entries } },
      stored,
    );
    return { fake, router: haproxyMapRouter({ client, map, file, keys }) };
  };

  it('takes a slot for live when all its backends are named, and shows each of their servers', async () => {
    const { router } = await byKeys({ api: 'api_blue', web: 'web_blue' }, 'api api_green\nweb web_green\n');
    const { live, stored, slots } = await router.observe();
    expect([live, stored]).toEqual(['blue', 'green']);
    expect(slots.green?.servers?.web?.map(({ up, address }) => [up, address])).toEqual([
      [true, '10.0.0.1'],
      [true, '10.0.0.2'],
    ]);
  });

  it('refuses a map that names the API of one slot and the front end of the other', async () => {
    const { router } = await byKeys({ api: 'api_blue', web: 'web_green' });
    await expect(router.observe()).rejects.toMatchObject({
      code: 'unknown-slot',
      message: expect.stringContaining('api api_blue, web web_green; wanted api api_blue, web web_blue, or'),
    });
  });

  it('switches all of them in one commit', async () => {
    const { router } = await byKeys({ api: 'api_blue', web: 'web_blue' });
    const seen: (string | undefined)[] = [];
    await router.switchTo('green', 'blue', async () => void seen.push((await router.observe()).live));
    expect([...seen, (await router.observe()).live]).toEqual(['blue', 'green']);
  });

  it('refuses slots that have other services', async () => {
    const { router } = await byKeys({ api: 'api_blue', web: 'web_blue' });
    await expect(router.preflight(['blue', 'green'], ['api', 'shop'])).rejects.toMatchObject({
      code: 'unknown-slot',
      message: expect.stringContaining('no key for the service shop; web, which is no service of the slots'),
    });
  });
});
