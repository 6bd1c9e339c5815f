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
import { haproxyMapRouter } from '../../src/router/haproxy-map.ts';
import { reloadAndWait } from './reload.ts';
import { type Command, commands, driver } from './router-driver.ts';
import { answering, calmPorts, calmProcess, calmWorld } from './simulated.ts';

const common = commands.slice(0, 6);
const pairs = common.flatMap((one) => common.map((two) => [one, two] as const));
/** What waits for checks is slow: chosen, not enumerated. */
const chosen: readonly (readonly Command[])[] = [
  ['switch to green', 'persist', 'switch to blue', 'reload'],
  ['switch to green', 'persist', 'overtaken switch to green', 'reload', 'switch to blue'],
  ['fence', 'switch to green', 'reload', 'fence', 'switch to green', 'persist', 'reload'],
  ['warm green', 'switch to green', 'settle', 'switch to green'],
  ['warm green', 'fence', 'persist', 'settle'],
  ['switch to green', 'switch to blue', 'warm green', 'switch to green'],
  ['green fails', 'switch to green', 'green serves', 'switch to green'],
  ['green fails', 'warm green', 'switch to green', 'green serves', 'switch to green'],
  ['switch to green', 'green fails', 'fence', 'persist', 'switch to green'],
  ['switch to green', 'green fails', 'switch to blue', 'switch to green'],
];

/** Both slots run and serve, blue has the traffic. */
function simulated() {
  const world = calmWorld();
  const green = world.engine.create('api_green', '1');
  world.engine.start(green);
  const self = calmProcess(world, 1);
  const ask = driver({
    router: calmPorts(world, self).router,
    rival: calmPorts(world, calmProcess(world, 2)).router,
    reload: async () => world.router.reload(),
    serve: (serves) => world.engine.setReady(green, serves),
    sleep: (ms) => self.clock.sleep(ms),
  });
  return answering(world, ask);
}

describe('the simulated router and HAProxy', () => {
  let app: Server;
  let serves = true;
  let haproxy: RealHaproxy;
  let real: (command: Command) => Promise<string>;

  beforeAll(async () => {
    app = createServer((request, response) => {
      response.writeHead(request.url === '/green' && !serves ? 503 : 200).end();
    });
    await new Promise<void>((resolve) => app.listen(0, '0.0.0.0', resolve));
    const { port } = app.address() as AddressInfo;
    haproxy = await startRealHaproxy({
      version: '3.0',
      config: configOf(port),
      files: { 'live.map': 'shop blue\n' },
    });
    const router = () =>
      haproxyMapRouter({
        client: haproxy.client(),
        map: `${SHARED}/live.map`,
        key: 'shop',
        file: join(haproxy.folder, 'live.map'),
        backends: { blue: 'blue', green: 'green' },
      });
    real = driver({
      router: router(),
      rival: router(),
      reload: () => reloadAndWait(haproxy),
      serve: (now) => {
        serves = now;
      },
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    });
  });
  afterAll(async () => {
    await haproxy[Symbol.asyncDispose]();
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

/** Checks need long enough to pass that a command in between comes before. */
const configOf = (port: number) => `
global
  stats socket ${SHARED}/admin.sock mode 666 level admin expose-fd listeners
  hard-stop-after 1s
defaults
  mode http
  timeout connect 1s
  timeout check 2s
  timeout client 5s
  timeout server 5s
  default-server check inter 500ms fastinter 500ms downinter 500ms rise 3 fall 2 init-addr last,libc,none
frontend web
  bind :8080
  use_backend %[str(shop),map(${SHARED}/live.map)]
backend blue
  option httpchk GET /blue
  server one ${HOST}:${port}
backend green
  option httpchk GET /green
  server one ${HOST}:${port}
`;
