import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
