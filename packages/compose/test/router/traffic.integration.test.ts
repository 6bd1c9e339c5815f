import { once } from 'node:events';
import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  HOST,
  type RealHaproxy,
  SHARED,
  startRealHaproxy,
  VERSIONS,
} from '../../../haproxy/test/support/real-haproxy.ts';
import type { Router } from '../../src/ports/index.ts';
import { haproxyMapRouter } from '../../src/router/haproxy-map.ts';
import { haproxyServerRouter } from '../../src/router/haproxy-server.ts';
import { routerInstances } from '../../src/router/instances.ts';

const configOf = (blue: number, unused: number) => `
global
  stats socket ${SHARED}/admin.sock mode 666 level admin
defaults
  mode http
  timeout connect 1s
  timeout client 10s
  timeout server 500ms
  retries 0
frontend web
  bind :8080
  use_backend blue if { path_beg /map }
  use_backend gone if { path_beg /refused }
  default_backend app
backend blue
  server one ${HOST}:${blue}
backend gone
  server one ${HOST}:${unused}
backend app
  server blue ${HOST}:${blue}
  server green ${HOST}:${unused} disabled
`;

/** Answers as the path says. */
const app = (): Server =>
  createServer((request, response) => {
    const how = request.url?.split('/').at(-1);
    if (how === 'nothing') request.socket.destroy();
    else if (how === 'half') {
      response.writeHead(200, { 'content-length': 1_000 }).write('half');
      setImmediate(() => request.socket.destroy());
    } else if (how !== 'never') response.writeHead(how === '500' ? 500 : 200).end(how);
  });

/** One request on a connection of its own, to its end, however it ends. */
const ask = (url: string): Promise<void> =>
  new Promise((resolve) => {
    const request = get(url, { agent: false }, (response) => response.resume().once('close', resolve));
    request.once('error', () => resolve());
  });

describe.each(VERSIONS)('traffic() of HAProxy %s', (version) => {
  const server = app();
  let haproxy: RealHaproxy;
  let ways: Readonly<Record<'map' | 'server' | 'refused', Router>>;

  beforeAll(async () => {
    await once(server.listen(0, '0.0.0.0'), 'listening');
    const closed = createServer().listen(0, '0.0.0.0');
    await once(closed, 'listening');
    const { port: unused } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const { port } = server.address() as AddressInfo;
    haproxy = await startRealHaproxy({ version, config: configOf(port, unused) });
    const client = haproxy.client();
    const file = join(haproxy.folder, 'none');
    const byMap = (backend: string) =>
      haproxyMapRouter({ client, map: file, file, key: 'shop', backends: { blue: backend, green: 'gone' } });
    const servers = { blue: 'blue', green: 'green' };
    ways = {
      map: byMap('blue'),
      server: haproxyServerRouter({ client, backend: 'app', servers, file }),
      refused: byMap('gone'),
    };
  });
  afterAll(async () => {
    await haproxy?.[Symbol.asyncDispose]();
    server.close();
    server.closeAllConnections();
  });

  /** How much more it has counted of blue. */
  const counting = async (router: Router, work: () => Promise<void>) => {
    const before = (await router.traffic?.())?.blue;
    await work();
    const after = (await router.traffic?.())?.blue;
    return {
      requests: (after?.requests ?? 0) - (before?.requests ?? 0),
      errors: (after?.errors ?? 0) - (before?.errors ?? 0),
    };
  };

  it.each(
    (['map', 'server'] as const).flatMap((way) =>
      (
        [
          ['well', 0],
          ['500', 1],
          ['nothing', 1],
          ['half', 1],
          ['never', 1],
        ] as const
      ).map(([answer, errors]) => [way, answer, errors] as const),
    ),
  )('counts by %s a request that is answered: %s', async (way, answer, errors) => {
    const counted = await counting(ways[way], () => ask(`${haproxy.url()}/${way}/${answer}`));
    expect(counted).toEqual({ requests: 1, errors });
  });

  it('counts a request that no server takes', async () => {
    const counted = await counting(ways.refused, () => ask(`${haproxy.url()}/refused`));
    expect(counted).toEqual({ requests: 1, errors: 1 });
  });

  it('is the sum of both where two HAProxys are one router', async () => {
    const both = routerInstances({ one: ways.map, two: ways.map });
    const one = await ways.map.traffic?.();
    expect(await both.traffic?.()).toMatchObject({
      blue: { requests: 2 * (one?.blue?.requests ?? 0), errors: 2 * (one?.blue?.errors ?? 0) },
    });
  });
});
