import { createServer, type RequestListener } from 'node:http';
import express from 'express';
import Fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { expressHealth } from '../../src/express.ts';
import { fastifyHealth } from '../../src/fastify.ts';
import { honoHealth } from '../../src/hono.ts';
import { createHealth, type Health } from '../../src/index.ts';
import { koaHealth } from '../../src/koa.ts';
import { httpPeer } from '../helpers/servers.ts';

type Get = (path: string, init?: RequestInit) => Promise<Response>;
const over = async (listener: RequestListener): Promise<Get> => {
  const { port } = await httpPeer(listener);
  return (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init);
};

const frameworks: Record<string, (health: Health) => Promise<Get>> = {
  'node:http': (health) =>
    over((request, response) => health.handler(request, response, () => response.end('app'))),
  express: (health) => {
    const app = express().use(expressHealth(health));
    app.get('/orders', (_, response) => void response.send('app'));
    return over(app);
  },
  koa: (health) => {
    const app = new Koa().use(koaHealth(health)).use((context) => {
      context.body = 'app';
    });
    return over(app.callback());
  },
  fastify: async (health) => {
    const app = Fastify();
    fastifyHealth(app, health);
    app.get('/orders', async () => 'app');
    onTestFinished(() => app.close());
    const address = await app.listen({ port: 0, host: '127.0.0.1' });
    return (path, init) => fetch(`${address}${path}`, init);
  },
  hono: async (health) => {
    const app = new Hono().use(honoHealth(health)).get('/orders', (context) => context.text('app'));
    return async (path, init) => app.request(path, init);
  },
};

describe.each(Object.entries(frameworks))('the endpoints under %s', (_, mount) => {
  const token = 'a-token-of-some-length';
  const health = () => createHealth({ token, ready: [{ name: 'a', run: async () => ({ note: 'fine' }) }] });

  it('answer at their paths and leave the others to the application', async () => {
    const get = await mount(health());
    const answer = await get('/health');
    expect([answer.status, await answer.text()]).toEqual([200, '{"status":"pass"}']);
    expect((await get('/health/live', { method: 'HEAD' })).status).toBe(200);
    await expect((await get('/orders')).text()).resolves.toBe('app');
  });

  it('turn 503 while draining, and show details for the token only', async () => {
    const own = health();
    const get = await mount(own);
    const authorization = `Bearer ${token}`;
    expect((await get('/health/deep')).status).toBe(404);
    const deep = await get('/health/deep', { headers: { authorization } });
    await expect(deep.json()).resolves.toMatchObject({ checks: { a: [{ output: 'fine' }] } });
    own.draining();
    expect((await get('/health')).status).toBe(503);
    await expect((await get('/orders')).text()).resolves.toBe('app');
  });
});

describe('private', () => {
  it('shows details to everybody', async () => {
    const health = createHealth();
    const app = express().use(expressHealth(health, { private: true }));
    const get = await over(createServer(app).listeners('request')[0] as RequestListener);
    expect((await get('/health/metrics')).status).toBe(200);
  });
});
