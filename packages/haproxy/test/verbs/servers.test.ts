import { describe, expect, it } from 'vitest';
import type { RuntimeClient } from '../../src/index.ts';
import { failure, withFake } from '../support/with-fake.ts';

const BLUE = { backend: 'app', server: 'blue' };
const GREEN = { backend: 'app', server: 'green' };
const changes = (lines: readonly string[]) => lines.filter((line) => /^(set server|shutdown)/.test(line));

describe('warm', () => {
  it('drains a server in maintenance and waits for its checks', async () => {
    const { fake, haproxy } = await withFake();
    const { before, after, commands } = await haproxy.warm({ ...GREEN, pollInterval: 1 });
    expect([before.status.text, after.status.text, after.health?.at]).toEqual(['MAINT', 'DRAIN', 3]);
    expect(commands).toEqual(['set server app/green state drain']);
    expect(changes(fake.lines)).toEqual(commands);
  });

  it('forgets the health of the app before, when the server was only drained', async () => {
    const { fake, haproxy } = await withFake();
    fake.server('app', 'green').admin = 8;
    expect((await haproxy.warm({ ...GREEN, pollInterval: 1 })).commands).toEqual([
      'set server app/green state maint',
      'set server app/green state drain',
    ]);
  });

  it('never opens a server whose app does not answer, and says why', async () => {
    const { fake, haproxy } = await withFake();
    fake.server('app', 'green').app = 'refused';
    const error = await failure(haproxy.warm({ ...GREEN, timeout: 60, pollInterval: 1 }));
    expect(error.code).toBe('not-ready');
    expect(error.message).toContain('L4CON');
    expect(fake.server('app', 'green').admin).toBe(8);
  });

  it.each([
    ['takes traffic', { admin: 0 }, 'conflict'],
    ['is not checked', { admin: 1, checked: false }, 'refused'],
    ['has fall 1', { admin: 1, fall: 1 }, 'refused'],
  ])('refuses a server that %s', async (_, green, code) => {
    const { haproxy } = await withFake({ backends: { app: { blue: {}, green } } });
    expect((await failure(haproxy.warm(GREEN))).code).toBe(code);
  });

  it('knows no server of that name', async () => {
    const { haproxy } = await withFake();
    expect((await failure(haproxy.warm({ backend: 'app', server: 'red' }))).message).toContain('blue, green');
  });
});

describe('open', () => {
  it('refuses a server in maintenance, which would count as up before its first check', async () => {
    const { fake, haproxy } = await withFake();
    expect((await failure(haproxy.open(GREEN))).code).toBe('not-ready');
    expect(changes(fake.lines)).toEqual([]);
  });
  it('sends nothing for a server that is up', async () => {
    const { fake, haproxy } = await withFake();
    expect((await haproxy.open(BLUE)).commands).toEqual([]);
    expect(changes(fake.lines)).toEqual([]);
  });
  it('says in a dry run what it would send, and sends nothing', async () => {
    const { fake, haproxy } = await withFake();
    await haproxy.warm({ ...GREEN, pollInterval: 1 });
    const sent = changes(fake.lines).length;
    const { commands, dryRun } = await haproxy.open({ ...GREEN, dryRun: true });
    expect([commands, dryRun]).toEqual([['set server app/green state ready'], true]);
    expect(changes(fake.lines)).toHaveLength(sent);
  });
  it('reads whether a change took effect when its answer was lost', async () => {
    const { fake, haproxy } = await withFake();
    await haproxy.warm({ ...GREEN, pollInterval: 1 });
    fake.fault(/state ready/, { cutAfter: 0 });
    expect((await haproxy.open(GREEN)).after.status.text).toBe('UP');
  });
});

describe('drain', () => {
  it('is done when nothing is under way, seen twice', async () => {
    const { fake, haproxy } = await withFake();
    fake.server('app', 'blue').sessions = 2;
    const seen: number[] = [];
    const result = await haproxy.drain({
      ...BLUE,
      onProgress: ({ remaining }) => {
        seen.push(remaining);
        fake.server('app', 'blue').sessions = Math.max(0, remaining - 1);
      },
    });
    expect(seen).toEqual([2, 1, 0]);
    expect(result).toMatchObject({
      drained: true,
      remaining: 0,
      cut: 0,
      commands: ['set server app/blue state drain'],
    });
  });
  it('says what remains at its limit, and leaves it running', async () => {
    const { fake, haproxy } = await withFake();
    fake.server('app', 'blue').sessions = 3;
    expect(await haproxy.drain({ ...BLUE, timeout: 50 })).toMatchObject({
      drained: false,
      remaining: 3,
      cut: 0,
    });
    expect(fake.server('app', 'blue').sessions).toBe(3);
  });
  it('says what remains, and cuts it, also when its limit passes before the first look', async () => {
    const { fake, haproxy } = await withFake();
    fake.server('app', 'blue').sessions = 3;
    expect(await haproxy.drainBackend({ backend: 'app', timeout: 0 })).toEqual({
      drained: false,
      remaining: 3,
    });
    expect(await haproxy.drain({ ...BLUE, timeout: 0, force: true })).toMatchObject({
      drained: false,
      cut: 3,
    });
  });
  it('cuts what remains at its limit when told to, and counts it', async () => {
    const { fake, haproxy } = await withFake();
    fake.server('app', 'blue').sessions = 3;
    expect(await haproxy.drain({ ...BLUE, timeout: 50, force: true })).toMatchObject({
      drained: false,
      remaining: 0,
      cut: 3,
    });
    expect(fake.server('app', 'blue').sessions).toBe(0);
  });
});

describe('drain with a master', () => {
  it('waits for the clients of old workers too', async () => {
    const { haproxy } = await withFake();
    const old = [2, 1];
    const master = { oldWorkers: async () => [{ pid: 1, connections: old.shift() ?? 0 }] };
    const seen: number[] = [];
    const result = await haproxy.drain({
      ...BLUE,
      master,
      onProgress: ({ remaining }) => seen.push(remaining),
    });
    expect([result.drained, seen]).toEqual([true, [2, 1, 0]]);
  });
});

describe('switchServers', () => {
  it('opens the new one before it drains the old one', async () => {
    const { fake, haproxy } = await withFake();
    await haproxy.warm({ ...GREEN, pollInterval: 1 });
    const { commands, after } = await haproxy.switchServers({ backend: 'app', to: 'green', from: 'blue' });
    expect(commands).toEqual(['set server app/green state ready', 'set server app/blue state drain']);
    expect(changes(fake.lines).slice(-2)).toEqual(commands);
    expect(after.map(({ status }) => status.text)).toEqual(['DRAIN', 'UP']);
  });
  it('touches neither when the new one is not warm', async () => {
    const { fake, haproxy } = await withFake();
    expect((await failure(haproxy.switchServers({ backend: 'app', to: 'green', from: 'blue' }))).code).toBe(
      'not-ready',
    );
    expect(changes(fake.lines)).toEqual([]);
  });
  it('drains the new one again when it does not come up, and leaves the old one', async () => {
    const { fake, haproxy } = await withFake();
    await haproxy.warm({ ...GREEN, pollInterval: 1 });
    fake.fault(/green state ready/, { answer: '' });
    const error = await failure(
      haproxy.switchServers({ backend: 'app', to: 'green', from: 'blue', timeout: 60 }),
    );
    expect(error.code).toBe('not-ready');
    expect([fake.server('app', 'blue').admin, fake.server('app', 'green').admin]).toEqual([0, 8]);
  });
  it.each([
    ['is down', { health: 0 }, 8],
    ['has no address any more', { admin: 32 }, 40],
  ])('drains an old server that %s: it would take traffic when it is back', async (_, broken, admin) => {
    const { fake, haproxy } = await withFake();
    await haproxy.warm({ ...GREEN, pollInterval: 1 });
    Object.assign(fake.server('app', 'blue'), { app: 'refused', ...broken });
    const { commands } = await haproxy.switchServers({ backend: 'app', to: 'green', from: 'blue' });
    expect(commands).toEqual(['set server app/green state ready', 'set server app/blue state drain']);
    expect(fake.server('app', 'blue').admin).toBe(admin);
  });
});

describe('a server in maintenance only because its name does not resolve', () => {
  it.each([
    ['drain', (haproxy: RuntimeClient) => haproxy.drain({ ...BLUE, to: 'maint' })],
    ['closeServer', (haproxy: RuntimeClient) => haproxy.closeServer(BLUE)],
  ])('is set to maint by %s', async (_, work) => {
    const { fake, haproxy } = await withFake();
    fake.server('app', 'blue').admin = 32;
    await work(haproxy);
    expect(fake.server('app', 'blue').admin).toBe(33);
  });
});

describe('setAddress', () => {
  it('reads back the address before it resolves', async () => {
    const { haproxy } = await withFake();
    const { after } = await haproxy.setAddress({ ...GREEN, address: '10.0.0.9', port: 81 });
    expect([after.address, after.port]).toEqual(['10.0.0.9', 81]);
  });
  it.each([
    ['0:0:0:0:0:0:0:1', '::1'],
    ['[2001:DB8::A]', '2001:db8::a'],
    ['::FFFF:0a00:0002', '::ffff:10.0.0.2'],
  ])('reads %s back as HAProxy writes it', async (address, after) => {
    const { haproxy } = await withFake();
    expect((await haproxy.setAddress({ ...GREEN, address, timeout: 100 })).after.address).toBe(after);
  });
  it.each([
    ['::1', '0:0:0:0:0:0:0:1'],
    ['2001:db8::a', '[2001:DB8::A]'],
    ['10.0.0.2', '::ffff:10.0.0.2'],
    ['::ffff:10.0.0.2', '10.0.0.2'],
  ])('sends nothing when %s is in force and %s is asked for', async (address, asked) => {
    const { haproxy } = await withFake({ backends: { app: { green: { address } } } });
    expect((await haproxy.setAddress({ ...GREEN, address: asked, timeout: 100 })).commands).toEqual([]);
    const servers = { app: { green: { address: asked } } };
    expect((await haproxy.reconcile({ servers, timeout: 100 })).commands).toEqual([]);
  });
  it('is not fooled by a refusal that HAProxy gives the severity of a success', async () => {
    const { haproxy } = await withFake();
    expect((await failure(haproxy.setAddress({ ...GREEN, address: 'foo.bar' }))).code).toBe('refused');
  });
});
