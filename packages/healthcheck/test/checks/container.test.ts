import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { containerCheck } from '../../src/index.ts';
import { expectAbortable, run } from '../helpers/run.ts';
import { httpPeer, newFolder, tcpPeer } from '../helpers/servers.ts';

const socket = async () => join(await newFolder(), 'docker.sock');

describe('containerCheck', () => {
  it('is unreachable without an engine', async () => {
    const check = containerCheck('api', { socketPath: await socket() });
    await expect(run(check)).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('ends with its signal, its socket closed, when the engine is silent', async () => {
    const socketPath = await socket();
    const peer = await tcpPeer(undefined, socketPath);
    await expectAbortable(containerCheck('api', { socketPath }), peer);
  });

  it.each([
    ['an error', 500, '{"message":"no"}'],
    ['no JSON', 200, 'oops'],
    ['JSON that says nothing', 200, 'null'],
    ['9 MB', 200, 'x'.repeat(9 * 2 ** 20)],
  ])('is bad with %s', async (_, status, body) => {
    const socketPath = await socket();
    await httpPeer((_request, response) => response.writeHead(status).end(body), socketPath);
    await expect(run(containerCheck('api', { socketPath }))).rejects.toMatchObject({
      name: 'HealthcheckError',
    });
  });

  it('asks for a name as it is, whatever it holds', async () => {
    const socketPath = await socket();
    const urls: (string | undefined)[] = [];
    await httpPeer((request, response) => {
      urls.push(request.url);
      response.writeHead(404).end('{}');
    }, socketPath);
    await expect(run(containerCheck('../secrets?x', { socketPath }))).rejects.toMatchObject({
      code: 'not-ready',
    });
    expect(urls).toEqual(['/containers/..%2Fsecrets%3Fx/json']);
  });

  it.each([[{ engine: {} }], [{ min: 0 }], [{ socket: '/x' }]])('refuses %o at the call', (options) => {
    expect(() => containerCheck('api', options as never)).toThrow(
      expect.objectContaining({ code: 'invalid-options' }),
    );
  });
});
