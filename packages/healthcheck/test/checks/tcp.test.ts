import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tcpCheck } from '../../src/index.ts';
import { expectAbortable, outcome, run } from '../helpers/run.ts';
import { closedPort, newFolder, tcpPeer } from '../helpers/servers.ts';

describe('tcpCheck', () => {
  it('is good when a connection stays, and closes it', async () => {
    const peer = await tcpPeer();
    await expect(run(tcpCheck({ port: peer.port }))).resolves.toBeUndefined();
    await expect.poll(() => peer.sockets.size).toBe(0);
  });

  it('is good over a Unix socket', async () => {
    const path = join(await newFolder(), 'tcp.sock');
    await tcpPeer(undefined, path);
    await expect(run(tcpCheck({ path }))).resolves.toBeUndefined();
  });

  it('is bad when the connection is accepted and dropped', async () => {
    const { port } = await tcpPeer((socket) => socket.destroy());
    await expect(run(tcpCheck({ port, hold: 1_000 }))).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('sees a server drop, keep and drop connections again', async () => {
    let drops = true;
    const { port } = await tcpPeer((socket) => {
      if (drops) socket.destroy();
    });
    const states: string[] = [];
    for (drops of [true, false, true, false]) states.push(await outcome(tcpCheck({ port })));
    expect(states).toEqual(['unreachable', 'good', 'unreachable', 'good']);
  });

  it('is bad when nothing listens', async () => {
    await expect(run(tcpCheck({ port: await closedPort() }))).rejects.toMatchObject({
      code: 'unreachable',
      permanent: false,
    });
  });

  it('waits for the banner, also in pieces', async () => {
    const { port } = await tcpPeer((socket) => {
      socket.write('SSH-');
      setTimeout(() => socket.write('2.0\r\n'), 5);
    });
    await expect(run(tcpCheck({ port, banner: /^SSH-2/ }))).resolves.toBeUndefined();
  });

  it('is bad with 4 KB of another banner', async () => {
    const { port } = await tcpPeer((socket) => socket.write('x'.repeat(5_000)));
    await expect(run(tcpCheck({ port, banner: /^SSH-2/ }))).rejects.toThrow('other than the banner');
  });

  it('ends with its signal when the banner never comes', async () => {
    const peer = await tcpPeer();
    await expectAbortable(tcpCheck({ port: peer.port, banner: /x/ }), peer);
  });

  it.each([[{}], [{ port: 1, path: '/x' }], [{ port: 0 }], [{ port: 65_536 }], [{ port: 1, hold: -1 }]])(
    'refuses %o at the call',
    (options) => {
      expect(() => tcpCheck(options)).toThrow(expect.objectContaining({ code: 'invalid-options' }));
    },
  );
});
