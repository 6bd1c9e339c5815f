import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { type Check, createHealth, type HealthOptions, redisCheck } from '../../src/index.ts';
import { program } from '../helpers/program.ts';
import { httpPeer, tcpPeer } from '../helpers/servers.ts';

const token = 'a-token-of-some-length';
const secretive: Check = { name: 'db', run: () => Promise.reject(new Error('db.internal:5432 refused')) };
const good: Check = { name: 'a', run: async () => ({ note: 'version 15' }) };

async function serve(options: HealthOptions, which: 'handler' | 'privateHandler' = 'handler') {
  const health = createHealth({ token, ...options });
  const { port } = await httpPeer(health[which]);
  const get = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init);
  return { health, port, get };
}
const bearer = (value: string) => ({ headers: { authorization: `Bearer ${value}` } });

describe('health.handler', () => {
  it.each(['/health', '/health/ready', '/health/live', '/health/live?x=1'])(
    'answers %s with the status alone',
    async (path) => {
      const { get } = await serve({ ready: [good] });
      const answer = await get(path);
      expect(answer.status).toBe(200);
      await expect(answer.text()).resolves.toBe('{"status":"pass"}');
      expect(answer.headers.get('content-type')).toBe('application/health+json');
      expect(answer.headers.get('cache-control')).toBe('no-store');
    },
  );

  it('is 503 when a check fails or when draining, and shows no reason', async () => {
    const { get, health } = await serve({ ready: [secretive] });
    const answer = await get('/health');
    expect(answer.status).toBe(503);
    await expect(answer.text()).resolves.toBe('{"status":"fail"}');
    health.draining();
    expect((await get('/health')).status).toBe(503);
    expect((await get('/health/live')).status).toBe(200);
  });

  it.each(['/health/deep', '/health/metrics', '/health/x', '/'])(
    'has no %s for the anonymous',
    async (path) => {
      const { get } = await serve({});
      expect((await get(path)).status).toBe(404);
      expect((await get(path, bearer('wrong'))).status).toBe(404);
      expect((await get(path, bearer(`${token}x`))).status).toBe(404);
    },
  );

  it('shows details, deep and metrics to those who have the token', async () => {
    const { get } = await serve({ ready: [good], deep: [secretive] });
    await expect((await get('/health', bearer(token))).json()).resolves.toMatchObject({
      status: 'pass',
      state: 'serving',
      checks: { a: [{ status: 'pass', output: 'version 15', observedUnit: 'ms' }] },
    });
    const deep = await get('/health/deep', bearer(token));
    expect(deep.status).toBe(503);
    await expect(deep.json()).resolves.toMatchObject({
      checks: { db: [{ output: 'db.internal:5432 refused' }] },
    });
    await expect((await get('/health/metrics', bearer(token))).text()).resolves.toContain('cutover_check_up');
  });

  it('answers HEAD without a body and refuses other methods', async () => {
    const { get } = await serve({});
    const head = await get('/health', { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(head.headers.get('content-length')).toBe('17');
    const post = await get('/health', { method: 'POST', body: 'x' });
    expect(post.status).toBe(405);
    expect(post.headers.get('allow')).toBe('GET, HEAD');
  });

  it('reads no body: the connection ends with the answer', async () => {
    const { port } = await serve({});
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n');
    const said = await new Promise<string>((resolve) => {
      let text = '';
      socket.on('data', (data) => {
        text += data;
      });
      socket.on('close', () => resolve(text));
    });
    expect(said).toContain('200 OK');
    expect(said.toLowerCase()).toContain('connection: close');
  });

  it('hands what is not ours to next', async () => {
    const health = createHealth();
    const { port } = await httpPeer((request, response) =>
      health.handler(request, response, () => response.end('app')),
    );
    await expect((await fetch(`http://127.0.0.1:${port}/orders`)).text()).resolves.toBe('app');
    await expect((await fetch(`http://127.0.0.1:${port}/health`)).text()).resolves.toBe('{"status":"pass"}');
  });

  it('answers at paths of your own', async () => {
    const { get } = await serve({ paths: { live: '/livez', ready: '/readyz' } });
    expect((await get('/livez')).status).toBe(200);
    expect((await get('/readyz')).status).toBe(200);
    expect((await get('/health/live')).status).toBe(404);
  });

  it('makes one run a cache period, however many ask', async () => {
    const check = { name: 'a', run: vi.fn(async () => {}) };
    const { get } = await serve({ ready: [check] });
    const statuses = await Promise.all(
      Array.from({ length: 200 }, async () => (await get('/health')).status),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(check.run.mock.calls.length).toBeLessThanOrEqual(2);
  });

  it('with a dependency that hangs: live answers meanwhile, one connection for all who ask, none left', async () => {
    const peer = await tcpPeer();
    const check = redisCheck(`redis://127.0.0.1:${peer.port}`);
    const { get } = await serve({ ready: [{ check, timeout: 300 }], patience: 60_000 });
    let answered = 0;
    const asked = Array.from({ length: 50 }, () => get('/health').then(({ status }) => (answered += status)));
    await expect.poll(() => peer.accepted).toBe(1);
    expect((await get('/health/live')).status).toBe(200);
    expect(answered).toBe(0);
    await Promise.all(asked);
    expect(answered).toBe(50 * 503);
    expect(peer.accepted).toBe(1);
    await expect.poll(() => peer.sockets.size).toBe(0);
  });

  it('survives a caller that leaves before the answer', async () => {
    const { promise, resolve: answer } = deferred();
    const asked = deferred();
    const slow: Check = {
      name: 'a',
      run: () => {
        asked.resolve();
        return promise;
      },
    };
    const { port, get } = await serve({ ready: [slow] });
    const request = httpRequest({ port, host: '127.0.0.1', path: '/health' }).on('error', () => {});
    request.end();
    await asked.promise;
    request.destroy();
    answer();
    expect((await get('/health')).status).toBe(200);
  });
});

describe('health.privateHandler', () => {
  it('shows details, deep and metrics to everybody', async () => {
    const { get } = await serve({ ready: [good] }, 'privateHandler');
    await expect((await get('/health/deep')).json()).resolves.toMatchObject({ state: 'serving' });
    expect((await get('/health/metrics')).status).toBe(200);
  });
});

describe('health.fetch', () => {
  it('answers a Request as the handler does', async () => {
    const health = createHealth({ ready: [good], token });
    const ask = (path: string, init?: RequestInit) => health.fetch(new Request(`http://a${path}`, init));
    await expect((await ask('/health')).text()).resolves.toBe('{"status":"pass"}');
    expect((await ask('/health/deep')).status).toBe(404);
    expect((await ask('/health/deep', bearer(token))).status).toBe(200);
    expect((await ask('/health', { method: 'HEAD' })).body).toBeNull();
    expect((await ask('/health', { method: 'DELETE' })).status).toBe(405);
    expect((await ask('/orders')).status).toBe(404);
  });
});

describe('createHealth', () => {
  it('holds no process open, not even while a check hangs', async () => {
    const { stdout, code } = await program(`
      import { createServer } from 'node:http';
      import { createHealth } from '@cutover/healthcheck';
      const health = createHealth({ ready: [{ name: 'a', run: () => new Promise(() => {}) }], timeout: 50, patience: 10 });
      const server = createServer(health.handler).listen(0, '127.0.0.1', async () => {
        console.log((await health.report('ready')).status);
        server.close();
      });`);
    expect(stdout).toBe('fail\n');
    expect(code).toBe(0);
  });
});

const deferred = () => {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
};
