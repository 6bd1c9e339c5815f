import { startContainer, type TestContainer } from '@cutover/testing';
import { type ChannelModel, connect } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Check, customCheck } from '../../src/index.ts';
import { expectOnlyNotYetUntilGood, outcome as outcomeOf, run } from '../helpers/run.ts';
import { closedPort, tcpPeer } from '../helpers/servers.ts';

const user = 'shop';
const password = 'p@ss/word';

/** The check of the guide, with a connection that is given. */
const channelCheck = (connection: ChannelModel, queue?: string): Check =>
  customCheck('amqp', async () => {
    const channel = await connection.createChannel();
    channel.on('error', () => {});
    if (queue) await channel.checkQueue(queue);
    await channel.close();
  });

/** A check that connects for each run, with the limit of the driver. */
const urlCheck = (url: string, timeout = 5_000): Check =>
  customCheck('amqp', async () => {
    const connection = await connect(url, { timeout });
    connection.on('error', () => {});
    await connection.close();
  });

describe('customCheck with amqplib', () => {
  let server: TestContainer;
  const address = () => {
    const { host, port } = server.address(5672);
    return `${host}:${port}`;
  };
  const url = ({ as = `${user}:${encodeURIComponent(password)}`, at = address(), vhost = '' } = {}) =>
    `amqp://${as}@${at}${vhost}`;
  const outcome = (target: string, limit = 5_000) => outcomeOf(urlCheck(target), limit);
  const connected = async (target = url()) => {
    const connection = await connect(target);
    connection.on('error', () => {});
    onTestFinished(() => connection.close().catch(() => {}));
    return connection;
  };
  /** What the broker itself has open. */
  const listed = async (what: 'connections' | 'channels') =>
    (await server.exec('rabbitmqctl', '--quiet', `list_${what}`, 'name')).match(/->/g) ?? [];

  beforeAll(async () => {
    server = await startContainer({
      image: 'rabbitmq:3.10',
      ports: [5672],
      env: { RABBITMQ_DEFAULT_USER: user, RABBITMQ_DEFAULT_PASS: password },
    });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  it('says nothing but "not yet" while the broker starts, and then good', async () => {
    await expectOnlyNotYetUntilGood(() => outcome(url()), { timeout: 100_000, interval: 200 });
  }, 110_000);

  it('says "never" to a wrong password and to a virtual host that does not exist', async () => {
    const wrong = run(urlCheck(url({ as: `${user}:wrong-secret` })));
    await expect(wrong).rejects.toMatchObject({ code: 'denied', permanent: true });
    await expect(wrong).rejects.not.toThrow(/wrong-secret|p@ss|p%40ss/);
    await expect(run(urlCheck(url({ vhost: '/none' })))).rejects.toMatchObject({
      code: 'misconfigured',
      permanent: true,
    });
  });

  it('says "not yet" when nothing listens or what listens hangs up', async () => {
    expect(await outcome(url({ at: `127.0.0.1:${await closedPort()}` }))).toBe('unreachable');
    const dropped = await tcpPeer((socket) => socket.destroy());
    expect(await outcome(url({ at: `127.0.0.1:${dropped.port}` }))).toBe('unreachable');
  });

  it('is bad when what listens speaks something else', async () => {
    const other = await tcpPeer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await outcome(url({ at: `127.0.0.1:${other.port}` }))).toMatch(/bad-answer|unreachable/);
  });

  it('is silent at the timeout of the driver, its socket closed, when what listens says nothing', async () => {
    const peer = await tcpPeer();
    expect(await outcomeOf(urlCheck(url({ at: `127.0.0.1:${peer.port}` }), 100))).toBe('silent');
    await expect.poll(() => peer.sockets.size).toBe(0);
  });

  it('is good over a connection that is given, opening no other', async () => {
    const check = channelCheck(await connected());
    for (let ask = 0; ask < 5; ask++) await run(check);
    await expect.poll(() => listed('connections')).toHaveLength(1);
    await expect.poll(() => listed('channels')).toEqual([]);
  });

  it('is bad without the queue it wants, and good once it is there', async () => {
    const connection = await connected();
    const check = channelCheck(connection, 'orders');
    await expect(run(check)).rejects.toThrow(/NOT_FOUND/);
    await expect(run(check)).rejects.toThrow(/NOT_FOUND/);
    const channel = await connection.createChannel();
    await channel.assertQueue('orders');
    await expect(run(check)).resolves.toEqual({});
  });

  it('sees a broker freeze, thaw and freeze again over one connection, one question at a time', async () => {
    const check = channelCheck(await connected());
    const states: string[] = [];
    for (const verb of ['pause', 'unpause', 'pause', 'unpause'] as const) {
      await server[verb]();
      states.push(await outcomeOf(check, verb === 'pause' ? 300 : 5_000));
    }
    expect(states).toEqual(['limit reached', 'good', 'limit reached', 'good']);
    await expect.poll(() => listed('channels')).toEqual([]);
  });

  it('joins a question that is slow, and takes its answer', async () => {
    const connection = await connected();
    let asked = 0;
    const check = customCheck('amqp', async () => {
      asked += 1;
      const channel = await connection.createChannel();
      await channel.close();
    });
    await server.pause();
    expect(await outcomeOf(check, 100)).toBe('limit reached');
    const late = outcomeOf(check, 20_000);
    await server.unpause();
    expect([await late, asked]).toEqual(['good', 1]);
  });

  it('is unreachable once the broker has died', async () => {
    const connection = await connected();
    const ended = new Promise((resolve) => connection.once('close', resolve));
    const check = channelCheck(connection);
    await server.kill();
    await ended;
    expect(await outcomeOf(check)).toBe('unreachable');
    expect(await outcome(url())).toBe('unreachable');
  });
});
