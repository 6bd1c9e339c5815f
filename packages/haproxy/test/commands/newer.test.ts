import { describe, expect, it } from 'vitest';
import type { RuntimeClient } from '../../src/index.ts';
import { failure, withFake } from '../support/with-fake.ts';

const BLUE = { backend: 'app', server: 'blue' };

/** What only HAProxy 3.4 and 3.5 can: the lines that are sent, and the answers that its sources give. */
const KNOWN: [string, (c: RuntimeClient) => Promise<unknown>, line: string, answer: string][] = [
  [
    'addBackend',
    (c) => c.addBackend({ backend: 'new', from: 'web', mode: 'http' }),
    'add backend new from web mode http',
    'New backend registered.',
  ],
  ['publishBackend', (c) => c.publishBackend('new'), 'publish backend new', 'Backend published.'],
  ['unpublishBackend', (c) => c.unpublishBackend('new'), 'unpublish backend new', 'Backend unpublished.'],
  ['deleteBackend', (c) => c.deleteBackend('new'), 'del backend new', 'Backend deleted.'],
  [
    'deleteBackend',
    (c) => c.deleteBackend('new'),
    'del backend new',
    "Server app/blue is going DOWN for maintenance.\nbackend 'app' has no server available!\nBackend deleted.",
  ],
  [
    'waitBackendRemovable',
    (c) => c.waitBackendRemovable({ backend: 'new', timeout: 20 }),
    'wait 20 be-removable new',
    'Done.',
  ],
  [
    'renameServer',
    (c) => c.renameServer(BLUE, 'teal'),
    'set server app/blue name teal',
    'Server name updated.',
  ],
  [
    'clearServerCounters',
    (c) => c.clearServerCounters(BLUE),
    'clear counters server app/blue',
    'Server counters cleared.',
  ],
];

const REFUSED: [string, (c: RuntimeClient) => Promise<unknown>, answer: string, code: string][] = [
  [
    'addBackend',
    (c) => c.addBackend({ backend: 'a', from: 'b' }),
    "Cannot find default proxy 'b'.",
    'not-found',
  ],
  [
    'addBackend',
    (c) => c.addBackend({ backend: 'a', from: 'b' }),
    "Mode is required as 'b' default proxy does not explicitly defines it.",
    'refused',
  ],
  ['publishBackend', (c) => c.publishBackend('a'), 'No such backend.', 'not-found'],
  [
    'deleteBackend',
    (c) => c.deleteBackend('a'),
    'Backend must be unpublished prior to its deletion.',
    'conflict',
  ],
  ['deleteBackend', (c) => c.deleteBackend('a'), 'Only a backend without server can be deleted.', 'conflict'],
  ['deleteBackend', (c) => c.deleteBackend('a'), 'Backend still has attached streams on it.', 'conflict'],
  [
    'deleteBackend',
    (c) => c.deleteBackend('a'),
    'This proxy cannot be removed at runtime due to other configuration elements pointing to it.',
    'conflict',
  ],
  [
    'waitBackendRemovable',
    (c) => c.waitBackendRemovable({ backend: 'a' }),
    'Failed. No such backend.',
    'not-found',
  ],
  [
    'waitBackendRemovable',
    (c) => c.waitBackendRemovable({ backend: 'a' }),
    'Failed. This proxy cannot be removed at runtime due to other configuration elements pointing to it.',
    'conflict',
  ],
  [
    'renameServer',
    (c) => c.renameServer(BLUE, 'teal'),
    'Server must be in maintenance mode to be renamed (set server <b>/<s> state maint).',
    'conflict',
  ],
  [
    'renameServer',
    (c) => c.renameServer(BLUE, 'teal'),
    'A server with the same name already exists in this backend.',
    'conflict',
  ],
  [
    'renameServer',
    (c) => c.renameServer(BLUE, 'teal'),
    "Cannot rename: server's name is statically referenced (use-server, track, or sample argument).",
    'conflict',
  ],
];

describe('a command of HAProxy 3.4 or 3.5', () => {
  it.each(KNOWN)('%s is sent and understood', async (_, call, line, answer) => {
    const { fake, haproxy } = await withFake({ version: '3.5-dev5' });
    fake.fault(new RegExp(`^${line}$`), { answer });
    expect(await call(haproxy)).toBe(true);
    expect(fake.lines.at(-1)).toBe(line);
  });

  it.each(REFUSED)('%s is refused by "%3$s"', async (_, call, answer, code) => {
    const { fake, haproxy } = await withFake({ version: '3.5-dev5' });
    fake.fault(/^(add|publish|del) backend|^set server|^wait/, { answer });
    expect((await failure(call(haproxy))).code).toBe(code);
  });

  it.each(KNOWN)('%s is not sent to an older one', async (_, call, line) => {
    for (const oneShot of [false, true]) {
      const { fake, haproxy } = await withFake({ version: '3.3.1' }, { oneShot });
      expect((await failure(call(haproxy))).code).toBe('unsupported');
      expect(fake.lines).not.toContain(line);
    }
  });

  it('waitBackendRemovable says false when the limit passed first', async () => {
    const { fake, haproxy } = await withFake({ version: '3.4.0' });
    fake.fault(/^wait/, { answer: 'Wait delay expired.' });
    expect(await haproxy.waitBackendRemovable({ backend: 'a', timeout: 20 })).toBe(false);
  });

  it.each(['bad/name', 'a b', 'a;quit', ''])('renameServer sends nothing of the name "%s"', async (name) => {
    const { fake, haproxy } = await withFake({ version: '3.5-dev5' });
    expect((await failure(haproxy.renameServer(BLUE, name))).code).toBe('invalid-options');
    expect(fake.lines).toEqual([]);
  });

  it('setAddress waits for the change that 3.4 makes after its answer, and ends on the last of two', async () => {
    const { fake, haproxy } = await withFake({ version: '3.4.0' });
    const blue = fake.server('app', 'blue');
    // The answer says "changed"; the address follows later, and a second change sent before would be lost.
    fake.fault(/ addr 10\.0\.0\.1 /, { answer: "IP changed from '127.0.0.1' to '10.0.0.1'" });
    const first = haproxy.setAddress({ ...BLUE, address: '10.0.0.1', port: 81 });
    const second = haproxy.setAddress({ ...BLUE, address: '10.0.0.2', port: 82 });
    await expect.poll(() => fake.lines.some((line) => line.includes('10.0.0.1'))).toBe(true);
    await expect
      .poll(() => fake.lines.filter((line) => line.startsWith('show servers state')).length)
      .toBeGreaterThan(2);
    expect(fake.lines.some((line) => line.includes('10.0.0.2'))).toBe(false);
    Object.assign(blue, { address: '10.0.0.1', port: 81 });
    expect((await first).after.address).toBe('10.0.0.1');
    expect((await second).after.address).toBe('10.0.0.2');
    expect([blue.address, blue.port]).toEqual(['10.0.0.2', 82]);
  });
});
