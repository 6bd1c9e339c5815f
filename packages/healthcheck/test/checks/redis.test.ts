import { describe, expect, it } from 'vitest';
import { redisCheck } from '../../src/index.ts';
import { expectAbortable, run } from '../helpers/run.ts';
import { tcpPeer } from '../helpers/servers.ts';

const answering = (...answers: readonly string[]) =>
  tcpPeer((socket) => socket.once('data', () => socket.write(answers.join(''))));

describe('redisCheck', () => {
  it('authenticates, selects and pings, and is good with PONG', async () => {
    let asked = '';
    const { port } = await tcpPeer((socket) =>
      socket.on('data', (data) => {
        asked += data;
        socket.write('+OK\r\n+OK\r\n+PONG\r\n');
      }),
    );
    await expect(run(redisCheck(`redis://me:p%40ss@127.0.0.1:${port}/2`))).resolves.toBeUndefined();
    expect(asked.replaceAll(/[*$]\d+\r\n/g, '').split('\r\n')).toEqual([
      'AUTH',
      'me',
      'p@ss',
      'SELECT',
      '2',
      'PING',
      '',
    ]);
  });

  it.each([
    ['-LOADING Redis is loading the dataset in memory', 'not-ready', false],
    ['-NOAUTH Authentication required.', 'denied', true],
    ['-WRONGPASS invalid username-password pair', 'denied', true],
    ['-ERR DB index is out of range', 'denied', true],
    ['+WAT', 'bad-answer', false],
  ])('with %s is %s, permanent: %s', async (answer, code, permanent) => {
    const { port } = await answering(answer, '\r\n');
    await expect(run(redisCheck(`redis://127.0.0.1:${port}`))).rejects.toMatchObject({ code, permanent });
  });

  it('is bad with 1 MB that is no answer', async () => {
    const { port } = await answering('x'.repeat(1_000_000));
    await expect(run(redisCheck(`redis://127.0.0.1:${port}`))).rejects.toMatchObject({ code: 'bad-answer' });
  });

  it.each([
    ['silent', ''],
    ['half an answer', '+PO'],
  ])('ends with its signal when Redis is %s', async (_, answer) => {
    const peer = await answering(answer);
    await expectAbortable(redisCheck(`redis://127.0.0.1:${peer.port}`), peer);
  });

  it('asks a client that is given', async () => {
    await expect(run(redisCheck({ ping: async () => 'PONG' }))).resolves.toBeUndefined();
    await expect(run(redisCheck({ ping: async () => 'NOPE' }))).rejects.toMatchObject({ code: 'bad-answer' });
  });

  it.each([['http://a'], ['secret'], [null], [{}]])(
    'refuses %o at the call, showing nothing of it',
    (target) => {
      expect(() => redisCheck(target as never)).toThrow(expect.objectContaining({ code: 'invalid-options' }));
      expect(() => redisCheck(target as never)).not.toThrow('secret');
    },
  );
});
