import { MongoClient } from 'mongodb';
import { describe, expect, it, onTestFinished } from 'vitest';
import { customCheck } from '../../src/index.ts';
import { mongoPeer } from '../helpers/mongo.ts';
import { outcome, run } from '../helpers/run.ts';
import { closedPort, tcpPeer } from '../helpers/servers.ts';

/** The check of the guide. */
function pingCheck(port: number) {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}`, { serverSelectionTimeoutMS: 1_500 });
  onTestFinished(() => client.close());
  return customCheck('mongo', ({ signal }) => client.db().command({ ping: 1 }, { signal }));
}

describe('customCheck with mongodb', () => {
  it('is good when ping is answered, over the connections that the client has', async () => {
    const peer = await mongoPeer();
    const check = pingCheck(peer.port);
    await expect(run(check)).resolves.toEqual({});
    for (let ask = 0; ask < 5; ask++) await run(check);
    expect(peer.asked.filter((name) => name === 'ping')).toHaveLength(6);
    // At most one to ask over and two by which the driver watches its server.
    expect(peer.sockets.size).toBeLessThanOrEqual(3);
  });

  it.each([
    ['InterruptedAtShutdown', 11_600, 'not-ready'],
    ['NotWritablePrimary', 10_107, 'not-ready'],
    ['Unauthorized', 13, 'denied'],
  ])('reads a ping refused with %s', async (codeName, code, expected) => {
    const peer = await mongoPeer();
    peer.state.answer = { ok: 0, errmsg: 'no', code, codeName };
    expect(await outcome(pingCheck(peer.port))).toBe(expected);
  });

  it('ends with its signal while the answer is slow, and is good with the next', async () => {
    const peer = await mongoPeer();
    const check = pingCheck(peer.port);
    let release = () => {};
    peer.state.hold = new Promise((resolve) => {
      release = resolve;
    });
    expect(await outcome(check, 300)).toBe('limit reached');
    release();
    expect(await outcome(check)).toBe('good');
  });

  it('is silent when what listens says nothing, and unreachable when nothing listens', async () => {
    const peer = await tcpPeer();
    expect(await outcome(pingCheck(peer.port))).toBe('silent');
    expect(await outcome(pingCheck(await closedPort()))).toMatch(/unreachable|silent/);
  });

  it('is unreachable when the connection is dropped amid a ping', async () => {
    const peer = await mongoPeer();
    peer.state.onPing = (socket) => socket.destroy();
    expect(await outcome(pingCheck(peer.port))).toBe('unreachable');
  });

  it('is bad when what listens speaks something else', async () => {
    const peer = await tcpPeer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await outcome(pingCheck(peer.port))).toMatch(/bad-answer|unreachable|silent/);
  });

  it('sees a server freeze, thaw and freeze again', async () => {
    const peer = await mongoPeer();
    const check = pingCheck(peer.port);
    const states = [await outcome(check)];
    for (const frozen of [true, false, true, false]) {
      peer.state.frozen = frozen;
      states.push(await outcome(check, frozen ? 300 : 5_000));
    }
    expect(states).toEqual(['good', 'limit reached', 'good', 'limit reached', 'good']);
  });
});
