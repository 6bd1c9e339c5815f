import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uniqueName } from '@cutover/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createRuntimeClient, HaproxyError } from '../../src/index.ts';

/** Random, but the same in every run: a failure can be had again. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const PIECES = [
  '\n',
  '> ',
  '\n> ',
  '\n\n',
  'admin',
  '[3]: ',
  '[6]: x',
  'Pid: 1\nStopping: 0',
  'Name: HAProxy',
  '1\n# be_id be_name',
  '# pxname,svname,',
  '"',
  ',',
  ';',
  '\0',
  '\xff',
  'x'.repeat(5000),
  'Unknown command',
  'No such server.',
];

/** A server that answers every line with nonsense, in pieces, and sometimes closes. */
async function startNonsense(seed: number): Promise<string> {
  const random = randomOf(seed);
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => {
      for (let n = random(6); n > 0; n--) socket.write(PIECES[random(PIECES.length)] ?? '');
      const fate = random(5);
      if (fate === 0) socket.destroy();
      if (fate === 1) socket.end();
    });
  });
  const address = join(tmpdir(), `${uniqueName('nonsense')}.sock`);
  await new Promise<void>((resolve) => server.listen(address, resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  return address;
}

describe('a HAProxy that talks nonsense', () => {
  it.each(Array.from({ length: 40 }, (_, n) => n + 1))(
    'is met with typed errors and without a hang (seed %i)',
    async (seed) => {
      const haproxy = createRuntimeClient({
        address: await startNonsense(seed),
        timeout: 60,
        connectTimeout: 60,
      });
      const blue = { backend: 'app', server: 'blue' };
      const calls = [
        haproxy.showInfo(),
        haproxy.showStat(),
        haproxy.showStat({ proxy: 'app' }),
        haproxy.showServersState('app'),
        haproxy.showMap('/live.map'),
        haproxy.prepareMap('/live.map'),
        haproxy.setServerState(blue, 'drain'),
        haproxy.warm({ ...blue, timeout: 60 }),
        haproxy.switchMap({ map: '/live.map', key: 'a', value: 'b', timeout: 60 }),
        haproxy.execute('show version'),
        haproxy.drain({ ...blue, timeout: 60 }),
      ];
      for (const result of await Promise.allSettled(calls)) {
        if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(HaproxyError);
      }
      await haproxy.close();
    },
  );
});

describe('an answer cut at any byte', () => {
  const ANSWERS: Readonly<Record<string, string>> = {
    prompt: '\n> ',
    'set severity-output number': '\n> ',
    'show cli level': '[6]: admin\n\n> ',
    'show info': 'Name: HAProxy\nVersion: 3.0.11\nPid: 1\nStopping: 0\n\n> ',
    'show version': '3.0.11\n\n> ',
  };
  const whole = Object.values(ANSWERS).join('');

  it('on the lasting connection is never taken for a whole one', async () => {
    let budget = 0;
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (data) => {
        for (const line of data.toString().split('\n').filter(Boolean)) {
          const answer = ANSWERS[line] ?? '\n> ';
          socket.write(answer.slice(0, budget));
          budget -= answer.length;
          if (budget < 0) return void socket.destroy();
        }
      });
    });
    const address = join(tmpdir(), `${uniqueName('cut')}.sock`);
    await new Promise<void>((resolve) => server.listen(address, resolve));
    onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
    for (let cut = 0; cut < whole.length; cut++) {
      budget = cut;
      const haproxy = createRuntimeClient({ address, timeout: 500 });
      const result = await haproxy.showVersion().catch((error: unknown) => error);
      expect(result, `cut at ${cut}`).toBeInstanceOf(HaproxyError);
      await haproxy.close();
    }
    budget = whole.length;
    await using haproxy = createRuntimeClient({ address });
    expect((await haproxy.showVersion()).text).toBe('3.0.11');
  });
});
