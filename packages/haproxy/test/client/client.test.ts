import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { systemClock } from '@cutover/internal';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  createRuntimeClient,
  createRuntimeGroup,
  type RuntimeClient,
  setServerWeight,
} from '../../src/index.ts';
import { HOSTILE } from '../support/hostile.ts';
import { failure, withFake } from '../support/with-fake.ts';

const BLUE = { backend: 'app', server: 'blue' };
const MAP = '/maps/live.map';

describe('createRuntimeClient', () => {
  it.each([
    [{}, /neither of address and connect/],
    [{ address: 'haproxy:9999' }, /tcp:\/\/haproxy:9999/],
    [{ address: '127.0.0.1:9999' }, /tcp:\/\/127\.0\.0\.1:9999/],
    [{ address: '[::1]:9999' }, /another form/],
    [{ address: 'http://127.0.0.1:8404/stats' }, /another form/],
    [{ address: 'unix:' }, /another form/],
    [{ address: 'abns@haproxy' }, /another form/],
    [{ address: 'run/\0admin.sock' }, /another form/],
    [{ address: 'tcp://10.0.0.1:99' }, /not loopback/],
    [{ address: 'tcp://127.0.0.1:99999' }, /another form/],
    [{ address: '/a', timeout: '5s' }, /option timeout/],
    [{ address: '/a', timout: 5 }, /an option of that name/],
  ])('refuses %j', (options, message) => {
    expect(() => createRuntimeClient(options as never)).toThrow(message);
  });

  it.each([
    ['run/haproxy/admin.sock'],
    ['./run/haproxy/admin.sock'],
    ['../haproxy/admin.sock'],
    ['admin.sock'],
    ['unix:run/haproxy/admin.sock'],
    ['unix@run/haproxy/admin.sock'],
    ['/run/haproxy/admin.sock'],
    ['unix:///run/haproxy/admin.sock'],
    ['run/a b/admin:1.sock'],
  ])('takes %s for the path of a socket, from the working directory', (address) => {
    const path = resolve(address.replace(/^unix[:@](\/\/)?/, ''));
    expect(createRuntimeClient({ address }).label).toBe(path);
    expect(createRuntimeGroup([address]).clients[0]?.label).toBe(path);
  });

  it('reaches a socket by a path from the working directory, also where the whole path is too long for one', async () => {
    const { fake } = await withFake();
    const folder = await mkdtemp(join(tmpdir(), 'cutover-relative-'));
    const deep = join(folder, 'deep'.repeat(30));
    await mkdir(deep);
    await symlink(fake.address, join(deep, 'admin.sock'));
    const before = process.cwd();
    onTestFinished(async () => {
      process.chdir(before);
      await rm(folder, { recursive: true });
    });
    process.chdir(deep);
    await using client = createRuntimeClient({ address: 'admin.sock' });
    expect(await client.cliLevel()).toBe('admin');
    const whole = { address: join(deep, 'admin.sock') };
    expect(() => createRuntimeClient(whole)).toThrow(/at most 10[37] bytes/);
  });

  it.each(['tcp://[0:0:0:0:0:0:0:1]:9999', 'tcp://[::ffff:127.0.0.1]:9999', 'tcp://LocalHost:9999'])(
    'takes %s for loopback',
    (address) => expect(createRuntimeClient({ address }).label).toBe(address),
  );

  it('leaves the signal of its own connect() quiet while what that opened is in use', async () => {
    const { fake } = await withFake();
    const signals: AbortSignal[] = [];
    const connect = async (signal: AbortSignal) => {
      signals.push(signal);
      return createConnection(fake.address);
    };
    await using client = createRuntimeClient({ connect });
    await client.showVersion();
    await client.setServerState(BLUE, 'drain');
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  });

  it('says what to do where no socket is', async () => {
    await using client = createRuntimeClient({ address: '/nowhere/admin.sock' });
    const error = await failure(client.showInfo());
    expect(error.code).toBe('unreachable');
    expect(error.message).toContain('is HAProxy running');
  });

  it('ends calls under way when closed, and refuses new ones once closed', async () => {
    const { fake, haproxy } = await withFake();
    fake.fault(/^show version/, { silent: true });
    const waiting = failure(haproxy.showVersion());
    await expect.poll(() => fake.lines.includes('show version')).toBe(true);
    await haproxy.close();
    expect(['lost', 'closed', 'stale-worker']).toContain((await waiting).code);
    expect((await failure(haproxy.showInfo())).code).toBe('closed');
  });

  it('ends a dump under way when closed', async () => {
    const { fake, haproxy } = await withFake();
    fake.fault(/^show stat/, { silent: true });
    const waiting = failure(haproxy.showStat());
    await expect.poll(() => fake.lines.length).toBeGreaterThan(0);
    await haproxy.close();
    expect((await waiting).code).toBe('closed');
  });

  it('answers 200 calls at once, on three connections at most', async () => {
    const { fake, haproxy } = await withFake();
    let most = 0;
    const calls = Array.from({ length: 200 }, async (_, n) => {
      await (n % 2 ? haproxy.showStat() : haproxy.showInfo());
      most = Math.max(most, fake.connections);
    });
    await Promise.all(calls);
    // A closed one may still be counted for a moment at the other end.
    expect(most).toBeLessThanOrEqual(3 + 2);
  });

  it('closes its connection when idle, so that no old worker lives on it', async () => {
    const { fake, haproxy } = await withFake();
    await haproxy.showInfo();
    expect(fake.connections).toBe(1);
    await expect.poll(() => fake.connections, { timeout: 3000 }).toBe(0);
  });
});

describe('a call', () => {
  it('ends with a timeout when HAProxy is silent, and the next one gets a new connection', async () => {
    const { fake, haproxy } = await withFake({}, { timeout: 80 });
    fake.fault(/^show version/, { silent: true });
    expect((await failure(haproxy.showVersion())).code).toBe('timeout');
    expect((await haproxy.showVersion()).major).toBe(3);
  });

  it('gives up with its signal, and leaves the answers of others in order', async () => {
    const { fake, haproxy } = await withFake();
    await haproxy.showInfo();
    const controller = new AbortController();
    const gone = haproxy.with({ signal: controller.signal }).showVersion();
    const next = haproxy.cliLevel();
    queueMicrotask(() => controller.abort(new Error('enough')));
    await expect(gone).rejects.toThrow('enough');
    expect(await next).toBe('admin');
    expect(fake.connections).toBe(1);
  });

  it('reads again on a new connection when the old one broke', async () => {
    const { fake, haproxy } = await withFake();
    fake.fault(/^show version/, { cutAfter: 3 });
    expect((await haproxy.showVersion()).text).toBe('3.0.11');
  });

  it('never sends a change twice: when its answer is lost, its fate is unknown', async () => {
    const { fake, haproxy } = await withFake();
    fake.fault(/^set server/, { cutAfter: 0 });
    expect((await failure(haproxy.setServerState(BLUE, 'drain'))).code).toBe('lost');
    expect(fake.lines.filter((line) => line.startsWith('set server'))).toHaveLength(1);
  });

  it('refuses a dump that was cut at any byte', async () => {
    const { fake, haproxy } = await withFake();
    const length = (await haproxy.execute('show stat -1 -1 -1')).length;
    for (let cut = 0; cut <= length; cut += 7) {
      fake.fault(/^show stat/, { cutAfter: cut });
      expect((await failure(haproxy.showStat())).code).toBe('truncated');
    }
  });

  it('understands an answer however it is split', async () => {
    const { fake, haproxy } = await withFake();
    for (const pieces of [1, 2, 3, 5, 17]) {
      fake.fault(/^show/, { pieces }, 3);
      expect(await haproxy.showServersState('app')).toHaveLength(2);
      expect(await haproxy.showStat()).toHaveLength(7);
    }
  });

  it.each([
    ['an answer said twice', { raw: '3.0.1\n\n> 3.0.1\n\n> ' }],
    ['an answer that never ends', { raw: 'x'.repeat(3_000_000) }],
    ['bytes of no alphabet', { raw: '\xff\xfe\0\n\n> ' }],
    ['no answer but a prompt', { raw: '\n> ' }],
    ['a severity alone', { raw: '[3]: \n\n> ' }],
  ])('meets %s with a typed error or the first answer, and recovers', async (_, fault) => {
    const { fake, haproxy } = await withFake({}, { timeout: 300, replyLimit: 1_000_000 });
    fake.fault(/^show version/, fault, 2);
    const first = await haproxy.showVersion().catch((error) => error.code);
    expect([
      { major: 3, minor: 0, text: '3.0.1' },
      'lost',
      'timeout',
      'unexpected',
      'refused',
    ]).toContainEqual(first);
    await haproxy.showVersion().catch(() => {});
    expect((await haproxy.showVersion()).text).toBe('3.0.11');
  });

  it('sends nothing of a hostile name, through no method', async () => {
    const { fake, haproxy } = await withFake();
    await haproxy.showInfo();
    const before = fake.lines.length;
    for (const text of HOSTILE) {
      const calls = [
        haproxy.setServerState({ backend: 'app', server: text }, 'maint'),
        haproxy.setServerState({ backend: text, server: 'blue' }, 'maint'),
        haproxy.setServerAddress(BLUE, text),
        haproxy.setMap(MAP, 'live', text),
        haproxy.setMap(MAP, text, 'x'),
        haproxy.addMap(text, 'a', 'b'),
        haproxy.showStat({ proxy: text }),
        haproxy.execute(text),
      ];
      for (const call of calls) expect((await failure(call)).code).toBe('invalid-options');
    }
    await haproxy.showVersion();
    const sent = fake.lines.slice(before).filter((line) => line !== 'show info');
    expect(sent).toEqual(['show version']);
  });

  it('takes no more than 200 lines in one go', async () => {
    const { haproxy } = await withFake();
    const many = Array.from({ length: 5000 }, (_, n) => setServerWeight(BLUE, n % 256));
    expect(await haproxy.runAll(many)).toHaveLength(5000);
    expect((await haproxy.showServersState('app'))[0]?.weight).toBe(4999 % 256);
  });
});

describe('the stale-worker guard', () => {
  it('renews the connection before a command that follows a reload', async () => {
    const { fake, haproxy } = await withFake();
    await haproxy.showInfo();
    fake.reload();
    await expect.poll(async () => (await haproxy.showInfo()).pid).toBe(101);
    await haproxy.setServerState(BLUE, 'drain');
    expect(fake.server('app', 'blue').admin).toBe(8);
  });

  // Time stands still: no look grows old.
  const clock = { ...systemClock, now: () => 0 };

  it.each<[string, RegExp, (c: RuntimeClient) => Promise<unknown>]>([
    ['drain', /^set server app\/blue state drain$/, (c) => c.drain({ ...BLUE, timeout: 1_000 })],
    ['switchMap', /^prepare map/, (c) => c.switchMap({ map: MAP, key: 'live', value: 'be_green' })],
  ])('has %s look before its change, whatever was looked at before', async (_, change, call) => {
    const { fake, haproxy } = await withFake({}, { clock });
    await haproxy.showInfo();
    fake.reload();
    await call(haproxy);
    const before = fake.lines.slice(
      0,
      fake.lines.findIndex((line) => change.test(line)),
    );
    expect(before.filter((line) => line === 'prompt')).toHaveLength(2);
  });

  it('has a verb look again before it reads its change back', async () => {
    const { fake, haproxy } = await withFake({}, { clock });
    await haproxy.drain({ ...BLUE, timeout: 1_000 });
    const after = fake.lines.slice(fake.lines.findIndex((line) => line.startsWith('set server')));
    expect(after[1]).toBe('show info');
  });
});

describe('a socket of too low a level', () => {
  it('is told before anything is sent', async () => {
    const { fake, haproxy } = await withFake({ level: 'operator' });
    const error = await failure(haproxy.setServerState(BLUE, 'drain'));
    expect(error.code).toBe('denied');
    expect(error.message).toContain('level admin');
    expect(fake.lines.some((line) => line.startsWith('set server'))).toBe(false);
  });
});

describe('execute', () => {
  it('gives the text of any one command', async () => {
    const { haproxy } = await withFake();
    expect(await haproxy.execute('show cli level')).toBe('admin');
  });
  it('tells an unknown command from an answer', async () => {
    const { haproxy } = await withFake();
    expect((await failure(haproxy.execute('frobnicate'))).code).toBe('unsupported');
  });
  it('refuses the command that crashes HAProxy', async () => {
    const { haproxy } = await withFake();
    expect((await failure(haproxy.execute('clear  counters all'))).message).toContain('crashes');
  });
});

describe('runAll', () => {
  it('has nothing to do for nothing', async () => {
    const { haproxy } = await withFake();
    expect(await haproxy.runAll([])).toEqual([]);
  });
});
