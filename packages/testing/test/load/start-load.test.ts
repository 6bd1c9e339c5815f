import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { LoadOptions } from '../../src/load/load-options.ts';
import { startLoad } from '../../src/load/start-load.ts';

const MIX: LoadOptions['requests'] = [
  { name: 'read', path: '/?id={id}', includes: '{id}', weight: 3 },
  { name: 'visit', path: '/?id={id}', includes: '{id}', connection: 'fresh' },
];

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const echo: RequestListener = (request, response) => {
  response.setHeader('x-version', '1.0.0').end(`answer to ${request.url}`);
};

describe('startLoad', () => {
  it('sends what the schedule holds and counts answers by version and connection', async () => {
    const report = await startLoad({ target: await serve(echo), rate: 200, duration: 1_000, requests: MIX })
      .finished;
    expect(report).toMatchObject({ sent: 200, answered: 200, failed: 0, failures: {} });
    expect(report.versions['1.0.0']?.answers).toBe(200);
    expect(report.kinds).toEqual({ read: { sent: 150, failed: 0 }, visit: { sent: 50, failed: 0 } });
    expect(report.reused.sent).toBeGreaterThan(100);
  });

  it('names each failure by what went wrong, on which connection, in which kind', async () => {
    let count = 0;
    const target = await serve((request, response) => {
      count += 1;
      if (count % 4 === 0) request.socket.resetAndDestroy();
      else if (count % 4 === 1) response.writeHead(503).end();
      else if (count % 4 === 2) response.end('another answer');
      else response.writeHead(200, { 'content-length': 100 }).write('half', () => response.destroy());
    });
    const requests: LoadOptions['requests'] = [{ ...MIX[1], name: 'visit', path: '/', includes: '{id}' }];
    const { failures } = await startLoad({ target, rate: 100, duration: 400, requests }).finished;
    expect(failures).toEqual({
      'reset, fresh, visit, ECONNRESET': 10,
      'bad-status, fresh, visit, 503': 10,
      'wrong-body, fresh, visit, another answer': 10,
      'incomplete, fresh, visit, ECONNRESET': 10,
    });
  });

  it('counts a silent server as timeouts and a closed port as refused', async () => {
    const silent = await serve(() => {});
    const load = { rate: 50, duration: 200, timeout: 100, requests: MIX };
    const timedOut = await startLoad({ ...load, target: silent }).finished;
    expect(timedOut.failed).toBe(10);
    expect(Object.keys(timedOut.failures).every((what) => what.startsWith('timeout'))).toBe(true);
    const refused = await startLoad({ ...load, timeout: 10_000, target: 'http://127.0.0.1:1' }).finished;
    expect(Object.keys(refused.failures).every((what) => what.startsWith('refused'))).toBe(true);
  });

  it('ends early when told, with every request settled', async () => {
    const stop = new AbortController();
    const seconds: number[] = [];
    const report = await startLoad({
      target: await serve(echo),
      rate: 100,
      duration: 60_000,
      requests: MIX,
      signal: stop.signal,
      onProgress: ({ sent }) => {
        seconds.push(sent);
        stop.abort();
      },
    }).finished;
    expect(seconds.length).toBeGreaterThan(0);
    expect(report.sent).toBeLessThan(1_000);
    expect(report.answered).toBe(report.sent);
  });

  it.each(['http://192.0.2.1', 'https://127.0.0.1', 'http://127.0.0.1.example.com', 'nonsense'])(
    'refuses %s as a target',
    (target) => {
      expect(() => startLoad({ target, rate: 1, duration: 1, requests: MIX })).toThrow(
        expect.objectContaining({ code: 'TARGET_NOT_LOOPBACK' }),
      );
    },
  );

  // The calibration: a closed-loop meter would report two slow requests here.
  it('reports a freeze of the server in full', async () => {
    const { target, server } = await serveElsewhere();
    let frozen = 0;
    const report = await startLoad({
      target,
      rate: 400,
      duration: 3_000,
      lateAfter: 100,
      requests: MIX,
      onProgress: ({ second }) => {
        if (second !== 1) return;
        const began = performance.now();
        server.kill('SIGSTOP');
        setTimeout(() => {
          server.kill('SIGCONT');
          frozen = performance.now() - began;
        }, 1_000);
      },
    }).finished;
    expect(report).toMatchObject({ sent: 1_200, failed: 0 });
    expect(report.latency.max).toBeGreaterThan(frozen * 0.95);
    expect(report.late).toBeGreaterThan(0.95 * 0.4 * (frozen - 100));
    expect(report.latency.p50).toBeLessThan(report.latency.max);
  });
});

/** The echo server in a process of its own, which can be frozen. */
async function serveElsewhere(): Promise<{ target: string; server: ChildProcess }> {
  const program = `require('node:http').createServer((request, response) => response.end(request.url))
    .listen(0, '127.0.0.1', function () { console.log(this.address().port); });`;
  const server = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    server.kill('SIGKILL');
  });
  const [port] = await once(server.stdout, 'data');
  return { target: `http://127.0.0.1:${String(port).trim()}`, server };
}
