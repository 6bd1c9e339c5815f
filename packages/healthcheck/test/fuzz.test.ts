import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type Check,
  containerCheck,
  createHealth,
  diskCheck,
  eventLoopCheck,
  heartbeatCheck,
  httpCheck,
  memoryCheck,
  mysqlCheck,
  pm2Check,
  postgresCheck,
  prismaCheck,
  redisCheck,
  runChecks,
  tcpCheck,
  temporalCheck,
  temporalWorkerCheck,
} from '../src/index.ts';
import { run } from './helpers/run.ts';
import { httpPeer, newFolder, tcpPeer } from './helpers/servers.ts';

/** Numbers that look random and are the same in every run, so that a failure can be repeated. */
function lottery(seed: number) {
  let state = seed;
  const next = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const pick = <T>(from: readonly T[]): T => from[next(from.length)] as T;
  const bytes = (length: number) => Buffer.from(Array.from({ length }, () => next(256)));
  return { next, pick, bytes };
}

const odd: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -1,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 53,
  10n,
  '',
  'x',
  '\0',
  'é'.repeat(500),
  'http://',
  'http://[',
  'redis://:@',
  'postgres://u:hunter2@h:99999/x',
  '//h',
  'localhost:1',
  ' redis://a',
  [],
  [[]],
  {},
  { length: 3 },
  { toString: null },
  () => {},
  Symbol('s'),
  /x/,
  new Date(Number.NaN),
  new Map(),
  Object.create(null),
];

const makers: Record<string, (one: never, two: never) => unknown> = {
  httpCheck,
  tcpCheck,
  postgresCheck,
  mysqlCheck,
  redisCheck,
  prismaCheck,
  pm2Check,
  heartbeatCheck,
  memoryCheck,
  eventLoopCheck,
  diskCheck,
  containerCheck,
  temporalCheck,
  temporalWorkerCheck,
  createHealth: (options) => createHealth(options),
};

describe('whatever is given at the call', () => {
  it.each(Object.entries(makers))(
    '%s makes a check or refuses with a typed error that shows no secret',
    (_, make) => {
      const { pick } = lottery(1);
      const names = [
        'name',
        'timeout',
        'port',
        'path',
        'host',
        'status',
        'maxAge',
        'query',
        'min',
        'ready',
        'tls',
        'x',
      ];
      for (let round = 0; round < 400; round++) {
        const options = { [pick(names)]: pick(odd), [pick(names)]: pick(odd) };
        const first = pick([pick(odd), options, 'http://h', 'redis://h']);
        try {
          make(first as never, pick([undefined, options, pick(odd)]) as never);
        } catch (error) {
          expect(error).toMatchObject({ name: 'HealthcheckError', code: 'invalid-options' });
          expect(String(error)).not.toContain('hunter2');
        }
      }
    },
  );
});

describe('whatever a server answers', () => {
  const seeds = Array.from({ length: 12 }, (_, seed) => seed);
  const openings = [
    '',
    'HTTP/1.1 200 OK\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n',
    '+PONG',
    '-ERR ',
    '\x12\0\0',
    'R\0\0\0\b',
  ];

  it.each(seeds)('a check ends, good or bad with a typed error (seed %i)', async (seed) => {
    const { bytes, next, pick } = lottery(seed);
    const answer = Buffer.concat([
      Buffer.from(pick(openings), 'latin1'),
      bytes(pick([0, 1, 5, 64, 4_096, 1_000_000])),
    ]);
    const folder = await newFolder();
    const respond = (socket: import('node:net').Socket) => {
      const cut = next(answer.length + 1);
      socket.write(answer.subarray(0, cut));
      if (seed % 2 === 0) socket.end(answer.subarray(cut));
    };
    const { port } = await tcpPeer(respond);
    await tcpPeer(respond, join(folder, 'rpc.sock'));
    const at = `127.0.0.1:${port}`;
    const checks: Check[] = [
      httpCheck(`http://${at}/`, { body: 'x' }),
      tcpCheck({ port, banner: /never said/ }),
      redisCheck(`redis://u:p@${at}/1`),
      postgresCheck(`postgres://u:p@${at}/x`),
      mysqlCheck(`mysql://u:p@${at}/x`),
      pm2Check({ home: folder }),
      containerCheck('x', { socketPath: join(folder, 'rpc.sock') }),
    ];
    for (const check of checks) {
      const end = await run(check, 250).then(
        () => 'good',
        (error) => error,
      );
      if (end === 'good') continue;
      const isTyped = end.name === 'HealthcheckError' || end.message === 'limit reached';
      expect(isTyped, `${check.name}: ${end.stack}`).toBe(true);
    }
  });

  it('a body of 1 MB is not read to its end when it is not wanted', async () => {
    const { port } = await httpPeer((_, response) => response.end(Buffer.alloc(1_000_000, 'y')));
    await expect(run(httpCheck(`http://127.0.0.1:${port}/`, { body: 'x' }))).rejects.toThrow(
      '65536 bytes of another body',
    );
  });
});

describe('whatever is asked of the endpoints', () => {
  it('is answered with a status, and nothing is thrown', async () => {
    const { pick, next } = lottery(7);
    const health = createHealth({ token: 'a-token-of-some-length' });
    const parts = [
      '/health',
      '/health/deep',
      '/',
      '//',
      '?',
      '%',
      '%00',
      '..',
      'é',
      '\u2028',
      '#',
      'x'.repeat(9_000),
    ];
    for (let round = 0; round < 300; round++) {
      const path = Array.from({ length: next(4) }, () => pick(parts)).join('');
      const request = new Request(`http://h/${path.replace(/^\/+/, '')}`, {
        method: pick(['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'BREW']),
        headers: {
          authorization: pick(['', 'Bearer', 'Bearer ', `Bearer ${'x'.repeat(5_000)}`, 'Basic eDp5']),
        },
      });
      expect([200, 404, 405]).toContain((await health.fetch(request)).status);
    }
  });
});

describe('whatever a check throws', () => {
  it('is a result', async () => {
    const checks = odd.map((thrown, index) => ({ name: `c${index}`, run: () => Promise.reject(thrown) }));
    const results = await runChecks(checks);
    expect(results.every(({ good }) => !good)).toBe(true);
    const health = createHealth({ ready: checks });
    const report = await health.report('ready');
    expect(report.status).toBe('fail');
    expect(() => health.metrics()).not.toThrow();
  });
});
