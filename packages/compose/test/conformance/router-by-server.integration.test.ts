import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  HOST,
  type RealHaproxy,
  SHARED,
  startRealHaproxy,
} from '../../../haproxy/test/support/real-haproxy.ts';
import { haproxyServerRouter } from '../../src/router/haproxy-server.ts';
import type { ServerRouter } from '../simulation/world/server-router.ts';
import { reloadAndWait } from './reload.ts';
import { type Command, driver } from './router-driver.ts';
import { answering, calmPorts, calmProcess, calmWorld } from './simulated.ts';

const common = [
  'switch to blue',
  'switch to green',
  'persist',
  'reload',
  'close green',
  'open green',
] as const;
const pairs = common.flatMap((one) => common.map((two) => [one, two] as const));
/** What waits for checks is slow: chosen, not enumerated. That a server is down and that it is drained are two things. */
const chosen: readonly (readonly Command[])[] = [
  ['switch to green', 'persist', 'switch to blue', 'reload'],
  ['warm green', 'switch to green', 'settle', 'switch to green'],
  ['switch to green', 'warm green', 'switch to blue'],
  ['green fails', 'switch to green', 'green serves', 'switch to green'],
  ['switch to green', 'persist', 'green fails', 'switch to blue', 'green serves'],
  ['switch to green', 'persist', 'green fails', 'switch to blue', 'persist', 'reload'],
  ['open green', 'green fails', 'close green', 'green serves'],
  ['open green', 'green fails', 'persist', 'green serves', 'close green'],
];

/** Both slots run and serve, blue has the traffic. */
function simulated() {
  const world = calmWorld('server');
  const green = world.engine.create('api_green', '1');
  world.engine.start(green);
  const self = calmProcess(world, 1);
  const { router } = calmPorts(world, self);
  const ask = driver({
    router,
    rival: router,
    reload: async () => world.router.reload(),
    serve: (serves) => world.engine.setReady(green, serves),
    open: async () => {
      (world.router as ServerRouter).open.green = true;
    },
    sleep: (ms) => self.clock.sleep(ms),
  });
  return answering(world, ask);
}

describe('the simulated router and HAProxy by server state', () => {
  let app: Server;
  let serves = true;
  let haproxy: RealHaproxy;
  let real: (command: Command) => Promise<string>;

  beforeAll(async () => {
    app = createServer((_, response) => void response.writeHead(200).end());
    await new Promise<void>((resolve) => app.listen(0, '0.0.0.0', resolve));
    const { port } = app.address() as AddressInfo;
    const green = createServer((_, response) => void response.writeHead(serves ? 200 : 503).end());
    await new Promise<void>((resolve) => green.listen(0, '0.0.0.0', resolve));
    app.on('close', () => green.close());
    haproxy = await startRealHaproxy({
      version: '3.0',
      config: configOf(port, (green.address() as AddressInfo).port),
      files: { state: '' },
    });
    const client = haproxy.client();
    const router = haproxyServerRouter({
      client,
      backend: 'app',
      servers: { blue: 'blue', green: 'green' },
      file: join(haproxy.folder, 'state'),
    });
    real = driver({
      router,
      rival: router,
      reload: () => reloadAndWait(haproxy),
      serve: (now) => {
        serves = now;
      },
      open: () => client.setServerState({ backend: 'app', server: 'green' }, 'ready'),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    });
    await router.warm?.('green');
  });
  afterAll(async () => {
    await haproxy?.[Symbol.asyncDispose]();
    app.close();
  });

  it.each([...pairs, ...chosen])('answer alike: %s, %s, …', async (...sequence) => {
    const model = simulated();
    for (const command of ['green serves', 'switch to blue', 'persist'] as const) {
      await real(command);
      await model(command);
    }
    for (const command of sequence)
      expect([command, await model(command)]).toEqual([command, await real(command)]);
  });
});

const configOf = (blue: number, green: number) => `
global
  stats socket ${SHARED}/admin.sock mode 666 level admin expose-fd listeners
  server-state-file ${SHARED}/state
  hard-stop-after 1s
defaults
  mode http
  load-server-state-from-file global
  timeout connect 1s
  timeout check 2s
  timeout client 5s
  timeout server 5s
  option httpchk GET /
  default-server check inter 500ms fastinter 500ms downinter 500ms rise 3 fall 2 init-addr last,libc,none
frontend web
  bind :8080
  default_backend app
backend app
  server blue ${HOST}:${blue}
  server green ${HOST}:${green} disabled
`;
