import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRuntimeClient, type RuntimeClient } from '@cutover/haproxy';
import { systemClock } from '@cutover/internal';
import { freePorts, uniqueName } from '@cutover/testing';
import { execa } from 'execa';
import type { RestartableEngine } from '../../../../scripts/engine/restartable.ts';
import { blueGreen, type Deployment } from '../../src/blue-green.ts';
import type { DeployEvent } from '../../src/domain/events.ts';
import { composeProject } from '../../src/engine/compose-project.ts';
import type { SlotOptions } from '../../src/options/layout-options.ts';
import type { BlueGreenOptions } from '../../src/options/options.ts';
import type { Router } from '../../src/ports/index.ts';
import { haproxyMapRouter } from '../../src/router/haproxy-map.ts';
import { haproxyServerRouter } from '../../src/router/haproxy-server.ts';
import { removeNotes } from './notes.ts';

/** A small application in two slots behind a real HAProxy, on the real engine; all of it goes when disposed. */
export interface Stack extends AsyncDisposable {
  readonly directory: string;
  readonly name: string;
  /** Where HAProxy answers. */
  readonly url: string;
  readonly way: Way;
  /** The engine of its own on which it runs. */
  readonly engine?: RestartableEngine;
  readonly client: RuntimeClient;
  readonly router: Router;
  image(version: string): string;
  compose(...args: readonly string[]): Promise<string>;
}

/**
 * How HAProxy is used; `pairs` by a map as well, with an API and a web front end of two containers each in a slot, and
 * `host` by a map too, with HAProxy in the network of the host and the slots on ports that are published there.
 */
export type Way = 'map' | 'server' | 'pairs' | 'host';

/** Ports of loopback: where HAProxy answers and, for `host`, where the slots do. */
interface PortsOnHost {
  readonly web: number;
  readonly blue: number;
  readonly green: number;
}

// Version 3 is never ready, version 4 has a cron that ends at once, and version `failing` fails one request in 20. Asked from inside, it falls sick or eats memory.
const API = `
const { createServer } = require('node:http');
const version = process.env.VERSION;
let ready = version !== '3';
let requests = 0;
const hog = [];
const server = createServer((request, response) => {
  response.setHeader('x-version', version);
  if (request.url === '/ready') return response.writeHead(ready ? 200 : 503).end();
  if (request.url === '/sick') ready = false;
  if (request.url === '/hog') setInterval(() => hog.push(Buffer.alloc(32 << 20, 1)), 1);
  if (version === 'failing' && ++requests % 20 === 0) response.statusCode = 500;
  const wait = request.url.startsWith('/slow') ? 2000 : 0;
  setTimeout(() => response.end(request.headers['x-request-id'] ?? ''), wait);
});
server.listen(3001);
process.on('SIGTERM', () => server.close(() => process.exit(0)) && server.closeIdleConnections());
`;
const JOB = `
if (process.env.VERSION === '4' && process.env.ROLE === 'cron') process.exit(1);
process.on('SIGTERM', () => setTimeout(() => process.exit(0), 200));
setInterval(() => {}, 1000);
`;

const templateOf = (service: string) => `backend ${service}
  option httpchk GET /ready
  server-template ${service} 3 ${service}:3001 check`;

const byMap = (blue: string, green: string) => `  use_backend %[str(shop),map(/etc/haproxy/maps/live.map)]
backend api_blue
  option httpchk GET /ready
  server one ${blue} check
backend api_green
  option httpchk GET /ready
  server one ${green} check`;

const frontends = (ports: PortsOnHost | undefined): Record<Way, string> => ({
  map: byMap('api_blue:3001', 'api_green:3001'),
  host: byMap(`127.0.0.1:${ports?.blue}`, `127.0.0.1:${ports?.green}`),
  pairs: `  acl is_api path_beg /api
  http-response set-header x-backends "%[str(api),map(/etc/haproxy/maps/live.map)] %[str(web),map(/etc/haproxy/maps/live.map)]"
  use_backend %[str(api),map(/etc/haproxy/maps/live.map)] if is_api
  use_backend %[str(web),map(/etc/haproxy/maps/live.map)]
${['api_blue', 'api_green', 'web_blue', 'web_green'].map(templateOf).join('\n')}`,
  server: `  default_backend api
backend api
  option httpchk GET /ready
  server blue api_blue:3001 check
  server green api_green:3001 check disabled`,
});

const haproxyConfig = (way: Way, ports: PortsOnHost | undefined) => `
global
  stats socket /run/haproxy/admin.sock mode 666 level admin
  ${way === 'server' ? 'server-state-file /etc/haproxy/maps/state' : ''}
resolvers docker
  nameserver dns 127.0.0.11:53
  resolve_retries 3
  timeout resolve 200ms
  timeout retry 200ms
  hold obsolete 200ms
  # As in the guide: these survive a restart of the engine.
  hold timeout 24h
  hold refused 24h
  hold other 24h
  hold nx 10m
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  option redispatch
  ${way === 'server' ? 'load-server-state-from-file global' : ''}
  timeout check 3s
  default-server inter 1s fastinter 300ms downinter 200ms rise 2 fall 3 resolvers docker init-addr last,libc,none
frontend web
  bind ${way === 'host' ? `127.0.0.1:${ports?.web}` : ':8080'}
${frontends(ports)[way]}
`;

const service = (variable: string, role: string, code: string) => `
    image: \${${variable}:-none}
    environment: { ROLE: ${role} }
    init: true
    command: ['node', '-e', ${JSON.stringify(code.replaceAll('$', '$$'))}]`;

const slotService = (role: string, slot: string, replicas: number, port: number | undefined) => `
  ${role}_${slot}:${service(variableOf(role, slot), role, API)}
    restart: unless-stopped
    mem_limit: 256m
    profiles: [${slot}]
    deploy: { replicas: ${replicas} }
    ${port === undefined ? '' : `ports: ['127.0.0.1:${port}:3001']`}`;

/** Of the API as short as in a project that has nothing else in its slots. */
const variableOf = (role: string, slot: string) =>
  `${role === 'api' ? '' : `${role.toUpperCase()}_`}${slot.toUpperCase()}_IMAGE`;

/** How many containers run in the slot that has the traffic. */
export const containersInSlot = (way: Way): number => rolesOf(way).length ** 2;

const rolesOf = (way: Way) => (way === 'pairs' ? ['api', 'web'] : ['api']);

const slotServices = (way: Way, ports: PortsOnHost | undefined) =>
  (['blue', 'green'] as const).flatMap((slot) =>
    rolesOf(way).map((role) =>
      slotService(role, slot, rolesOf(way).length, way === 'host' ? ports?.[slot] : undefined),
    ),
  );

const slotVariables = (way: Way) =>
  ['blue', 'green'].flatMap((slot) => rolesOf(way).map((role) => variableOf(role, slot)));

const composeFile = (name: string, way: Way, ports: PortsOnHost | undefined) => `
name: ${name}
services:${slotServices(way, ports).join('')}
  cron:${service('CRON_IMAGE', 'cron', JOB)}
    container_name: ${name}-cron
  worker:${service('WORKER_IMAGE', 'worker', JOB)}
    depends_on: [haproxy]
  haproxy:
    image: haproxy:3.0
    user: '0'
    restart: always
    command: ['haproxy', '-W', '-db', '-f', '/etc/haproxy/haproxy.cfg']
    volumes: ['./haproxy:/etc/haproxy', './run:/run/haproxy']
    ${haproxyNetwork(way, ports?.web)}
`;

function haproxyNetwork(way: Way, port: number | undefined): string {
  if (way === 'host') return 'network_mode: host';
  return port === undefined ? '' : `ports: ['127.0.0.1:${port}:8080']`;
}

/** Where a stack is, if not on the shared engine with images of its own. */
interface Elsewhere {
  /**
   * An engine of its own, which DOCKER_HOST then names. There HAProxy is asked at its address: what loopback publishes
   * goes through a process that ends with the engine.
   */
  readonly engine?: RestartableEngine | undefined;
  /** Where its images are, and to which they are pushed. */
  readonly repository?: string;
}

export async function startStack(
  way: Way,
  versions: readonly string[],
  { engine, repository }: Elsewhere = {},
): Promise<Stack> {
  const directory = await mkdtemp(join(tmpdir(), 'cutover-stack-'));
  const name = uniqueName(way);
  const image = (version: string) => `${repository ?? name}:${version}`;
  const compose = async (...args: readonly string[]) =>
    (await execa('docker', ['compose', ...args], { cwd: directory })).stdout;
  const dispose = async () => {
    await compose('--profile', '*', 'down', '--timeout', '0').catch(() => {});
    await removeNotes(name);
    await execa('docker', ['image', 'rm', '--force', ...versions.map(image)], { reject: false });
    await rm(directory, { recursive: true });
  };
  try {
    for (const folder of ['haproxy/maps', 'run']) await mkdir(join(directory, folder), { recursive: true });
    const ports = engine ? undefined : await portsOnHost();
    await writeFile(join(directory, 'haproxy/haproxy.cfg'), haproxyConfig(way, ports));
    await writeFile(
      join(directory, 'haproxy/maps', way === 'server' ? 'state' : 'live.map'),
      firstState[way],
    );
    await writeFile(join(directory, 'compose.yaml'), composeFile(name, way, ports));
    const first = image(versions[0] as string);
    await writeFile(
      join(directory, '.env'),
      `COMPOSE_PROFILES=blue\n${[...slotVariables(way), 'CRON_IMAGE', 'WORKER_IMAGE'].map((variable) => `${variable}=${first}\n`).join('')}`,
    );
    for (const version of versions) {
      await build(image(version), version);
      if (repository !== undefined) await execa('docker', ['push', '--quiet', image(version)]);
    }
    await compose('up', '--detach');
    const address = engine ? await addressOf(await compose('ps', '--quiet', 'haproxy')) : undefined;
    const url = address === undefined ? `http://127.0.0.1:${ports?.web}` : `http://${address}:8080`;
    const client = createRuntimeClient({ address: join(directory, 'run/admin.sock') });
    const router = routerOf(way, directory, client, url);
    await untilProven(router);
    return {
      way,
      directory,
      name,
      url,
      ...(engine ? { engine } : {}),
      client,
      image,
      compose,
      router,
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

const firstState: Record<Way, string> = {
  map: 'shop api_blue\n',
  host: 'shop api_blue\n',
  pairs: 'api api_blue\nweb web_blue\n',
  server: '',
};

async function portsOnHost(): Promise<PortsOnHost> {
  const [web, blue, green] = (await freePorts(3)) as [number, number, number];
  return { web, blue, green };
}

async function addressOf(container: string): Promise<string> {
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
  return (await execa('docker', ['inspect', '--format', format, container])).stdout;
}

/**
 * Until HAProxy's checks confirm the first slot: it takes the traffic as soon as its name is found, and loses it again
 * when the first check comes too early.
 */
export async function untilProven(router: Router): Promise<void> {
  const limit = systemClock.now() + START_TIMEOUT;
  while (!(await router.observe().catch(() => undefined))?.slots.blue?.settled) {
    if (systemClock.now() > limit) throw new Error(`the stack is not up after ${START_TIMEOUT} ms`);
    await systemClock.sleep(100);
  }
}

const START_TIMEOUT = 60_000;

/** The deployment of such a stack; also for a process of its own, which knows nothing but where it is. */
export function stackDeployment(
  { directory, router, way }: Pick<Stack, 'directory' | 'router' | 'way'>,
  onEvent: (event: DeployEvent) => void,
  options: Partial<BlueGreenOptions> = {},
): Deployment {
  return blueGreen({
    project: composeProject({ directory }),
    slots: { blue: slotOf(way, 'blue'), green: slotOf(way, 'green') },
    background: {
      cron: { image: 'CRON_IMAGE', gracePeriod: 10_000, exclusive: true },
      worker: { image: 'WORKER_IMAGE', gracePeriod: 10_000 },
    },
    router,
    gate: { stableFor: 300, interval: 100, timeout: 8_000 },
    drain: { timeout: 10_000 },
    verify: { stableFor: 500 },
    watch: { for: 300 },
    onEvent,
    ...options,
  });
}

function slotOf(way: Way, slot: string): SlotOptions {
  const serviceOf = (role: string) => ({
    service: `${role}_${slot}`,
    image: variableOf(role, slot),
    gracePeriod: 10_000,
  });
  return way === 'pairs' ? { services: { api: serviceOf('api'), web: serviceOf('web') } } : serviceOf('api');
}

export function routerOf(way: Way, directory: string, client: RuntimeClient, url: string): Router {
  if (way === 'server') {
    const file = join(directory, 'haproxy/maps/state');
    return haproxyServerRouter({
      client,
      backend: 'api',
      servers: { blue: 'blue', green: 'green' },
      file,
      probe: url,
    });
  }
  const backends = { blue: 'api_blue', green: 'api_green' };
  const keys = { api: backends, web: { blue: 'web_blue', green: 'web_green' } };
  return haproxyMapRouter({
    client,
    map: '/etc/haproxy/maps/live.map',
    file: join(directory, 'haproxy/maps/live.map'),
    probe: url,
    ...(way === 'pairs' ? { keys } : { key: 'shop', backends }),
  });
}

async function build(tag: string, version: string): Promise<void> {
  // The tag as a label: what two stacks built alike would be one image with two names.
  const input = `FROM node:24-bookworm-slim\nENV VERSION=${version}\nLABEL tag=${tag}\n`;
  await execa('docker', ['build', '--quiet', '--tag', tag, '-'], { input, env: { DOCKER_BUILDKIT: '0' } });
}
