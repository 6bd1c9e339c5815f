import type { RequestListener } from 'node:http';
import express from 'express';
import Fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type AdapterOptions, expressHealth } from '../../src/express.ts';
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

const frameworks: Record<string, (health: Health, options?: AdapterOptions) => Promise<Get>> = {
  'node:http': (health, { private: isPrivate } = {}) =>
    over((request, response) =>
      (isPrivate ? health.privateHandler : health.handler)(request, response, () => response.end('app')),
    ),
  express: (health, options) => {
    const app = express().use(expressHealth(health, options));
    app.get('/orders', (_, response) => void response.send('app'));
    return over(app);
  },
  koa: (health, options) => {
    const app = new Koa().use(koaHealth(health, options)).use((context) => {
      context.body = 'app';
    });
    return over(app.callback());
  },
  fastify: async (health, options) => {
    const app = Fastify();
    fastifyHealth(app, health, options);
    app.get('/orders', async () => 'app');
    onTestFinished(() => app.close());
    const address = await app.listen({ port: 0, host: '127.0.0.1' });
    return (path, init) => fetch(`${address}${path}`, init);
  },
  hono: async (health, options) => {
    const app = new Hono().use(honoHealth(health, options)).get('/orders', (context) => context.text('app'));
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
  it.each(Object.entries(frameworks))('under %s shows details to everybody', async (_, mount) => {
    const get = await mount(createHealth(), { private: true });
    expect((await get('/health/metrics')).status).toBe(200);
    await expect((await get('/health/deep')).json()).resolves.toEqual({
      status: 'pass',
      state: 'serving',
      checks: {},
    });
    await expect((await get('/orders')).text()).resolves.toBe('app');
  });
});
