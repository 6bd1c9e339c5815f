import { expect, it } from 'vitest';
import { isAtLeast } from '../support/real-haproxy.ts';
import { ask } from '../support/requests.ts';
import { MAP, onRealHaproxy } from '../support/stage.ts';
import { failure } from '../support/with-fake.ts';

const NAMED_DEFAULTS = `
defaults named
  mode http
  timeout connect 1s
  timeout server 30s
`;
const FRESH = { backend: 'fresh', server: 's1' };

onRealHaproxy('a backend added at runtime', { more: NAMED_DEFAULTS }, (stage) => {
  if (!isAtLeast(stage.version, '3.4')) {
    it('is for HAProxy 3.4, which the error names', async () => {
      const error = await failure(stage.haproxy.addBackend({ backend: 'fresh', from: 'named' }));
      expect([error.code, error.message]).toEqual(['unsupported', expect.stringContaining('HAProxy 3.4')]);
    });
    return;
  }

  it('takes traffic between its publication and its end, and is deleted once nothing uses it', async () => {
    const { haproxy, byMap, green, url } = stage;
    const [app] = await haproxy.showServersState('app');
    const answers = async () => (await ask(`${url}/map`)).version;
    await haproxy.addBackend({ backend: 'fresh', from: 'named' });
    await haproxy.addServer({ ...FRESH, address: app?.address as string, port: green.port });
    await haproxy.setServerState(FRESH, 'ready');
    await byMap.setMap(MAP, 'live', 'fresh');
    expect(await answers()).toBe('blue');
    await haproxy.publishBackend('fresh');
    expect(await answers()).toBe('green');
    expect((await failure(haproxy.deleteBackend('fresh'))).code).toBe('conflict');

    await haproxy.unpublishBackend('fresh');
    expect(await answers()).toBe('blue');
    expect((await failure(haproxy.deleteBackend('fresh'))).code).toBe('conflict');
    await haproxy.closeServer(FRESH);
    expect(await haproxy.waitServerRemovable({ ...FRESH, timeout: 20_000 })).toBe(true);
    await haproxy.deleteServer(FRESH);
    expect(await haproxy.waitBackendRemovable({ backend: 'fresh', timeout: 20_000 })).toBe(true);
    await haproxy.deleteBackend('fresh');
    expect((await failure(haproxy.publishBackend('fresh'))).code).toBe('not-found');
    await byMap.setMap(MAP, 'live', 'be_blue');
  });

  it.each([
    ['of unknown defaults', { from: 'nope' }, 'not-found'],
    ['of a name that is taken', { backend: 'app', from: 'named' }, 'conflict'],
  ])('is refused %s', async (_, options, code) => {
    const error = await failure(stage.haproxy.addBackend({ backend: 'fresh', ...options }));
    expect(error.code).toBe(code);
  });

  it('waitBackendRemovable is refused for one that the configuration names', async () => {
    const error = await failure(stage.haproxy.waitBackendRemovable({ backend: 'app' }));
    expect(error.code).toBe('conflict');
  });
});
