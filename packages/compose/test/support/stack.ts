import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRuntimeClient, type RuntimeClient } from '@cutover/haproxy';
import { systemClock } from '@cutover/internal';
import { freePorts, uniqueName } from '@cutover/testing';
import { execa } from 'execa';
import { blueGreen, type Deployment } from '../../src/blue-green.ts';
import type { DeployEvent } from '../../src/domain/events.ts';
import { composeProject } from '../../src/engine/compose-project.ts';
import type { Router } from '../../src/ports/index.ts';
import { haproxyMapRouter } from '../../src/router/haproxy-map.ts';
import { haproxyServerRouter } from '../../src/router/haproxy-server.ts';
import type { BlueGreenOptions } from '../../src/run/options.ts';
import { removeNotes } from './notes.ts';

/** A small application in two slots behind a real HAProxy, on the real engine; all of it goes when disposed. */
export interface Stack extends AsyncDisposable {
  readonly directory: string;
  readonly name: string;
  /** Where HAProxy answers. */
  readonly url: string;
  readonly client: RuntimeClient;
  readonly router: Router;
  image(version: string): string;
  compose(...args: readonly string[]): Promise<string>;
}

export type Way = 'map' | 'server';

// Version 3 is never ready, and version 4 has a cron that ends at once. Asked from inside, it falls sick or eats memory.
const API = `
const { createServer } = require('node:http');
const version = process.env.VERSION;
let ready = version !== '3';
const hog = [];
const server = createServer((request, response) => {
  response.setHeader('x-version', version);
  if (request.url === '/ready') return response.writeHead(ready ? 200 : 503).end();
  if (request.url === '/sick') ready = false;
  if (request.url === '/hog') setInterval(() => hog.push(Buffer.alloc(32 << 20, 1)), 1);
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

const frontends: Record<Way, string> = {
  map: `  use_backend %[str(shop),map(/etc/haproxy/maps/live.map)]
backend api_blue
  option httpchk GET /ready
  server one api_blue:3001 check
backend api_green
  option httpchk GET /ready
  server one api_green:3001 check`,
  server: `  default_backend api
backend api
  option httpchk GET /ready
  server blue api_blue:3001 check
  server green api_green:3001 check disabled`,
};

const haproxyConfig = (way: Way) => `
global
  stats socket /run/haproxy/admin.sock mode 666 level admin
  ${way === 'server' ? 'server-state-file /etc/haproxy/maps/state' : ''}
resolvers docker
  nameserver dns 127.0.0.11:53
  hold valid 200ms
  hold nx 200ms
  hold obsolete 200ms
  timeout resolve 200ms
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
  bind :8080
${frontends[way]}
`;

const service = (variable: string, role: string, code: string) => `
    image: \${${variable}:-none}
    environment: { ROLE: ${role} }
    init: true
    command: ['node', '-e', ${JSON.stringify(code.replaceAll('$', '$$'))}]`;

const composeFile = (name: string, port: number) => `
name: ${name}
services:
  api_blue:${service('BLUE_IMAGE', 'api', API)}
    restart: unless-stopped
    mem_limit: 256m
    profiles: [blue]
  api_green:${service('GREEN_IMAGE', 'api', API)}
    restart: unless-stopped
    mem_limit: 256m
    profiles: [green]
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
    ports: ['127.0.0.1:${port}:8080']
`;

/** With a `repository` its images are there, and pushed. */
export async function startStack(way: Way, versions: readonly string[], repository?: string): Promise<Stack> {
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
    await writeFile(join(directory, 'haproxy/haproxy.cfg'), haproxyConfig(way));
    await writeFile(
      join(directory, 'haproxy/maps', way === 'map' ? 'live.map' : 'state'),
      way === 'map' ? 'shop api_blue\n' : '',
    );
    const [port] = (await freePorts(1)) as [number];
    await writeFile(join(directory, 'compose.yaml'), composeFile(name, port));
    const first = image(versions[0] as string);
    await writeFile(
      join(directory, '.env'),
      `COMPOSE_PROFILES=blue\nBLUE_IMAGE=${first}\nGREEN_IMAGE=${first}\nCRON_IMAGE=${first}\nWORKER_IMAGE=${first}\n`,
    );
    for (const version of versions) {
      await build(image(version), version);
      if (repository !== undefined) await execa('docker', ['push', '--quiet', image(version)]);
    }
    await compose('up', '--detach');
    const url = `http://127.0.0.1:${port}`;
    const client = createRuntimeClient({ address: join(directory, 'run/admin.sock') });
    const router = routerOf(way, directory, client, url);
    await untilProven(router);
    return {
      directory,
      name,
      url,
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
  { directory, router }: Pick<Stack, 'directory' | 'router'>,
  onEvent: (event: DeployEvent) => void,
  options: Partial<BlueGreenOptions> = {},
): Deployment {
  return blueGreen({
    project: composeProject({ directory }),
    slots: {
      blue: { service: 'api_blue', image: 'BLUE_IMAGE', gracePeriod: 10_000 },
      green: { service: 'api_green', image: 'GREEN_IMAGE', gracePeriod: 10_000 },
    },
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
  return haproxyMapRouter({
    client,
    map: '/etc/haproxy/maps/live.map',
    key: 'shop',
    file: join(directory, 'haproxy/maps/live.map'),
    backends: { blue: 'api_blue', green: 'api_green' },
    probe: url,
  });
}

async function build(tag: string, version: string): Promise<void> {
  // The tag as a label: what two stacks built alike would be one image with two names.
  const input = `FROM node:24-bookworm-slim\nENV VERSION=${version}\nLABEL tag=${tag}\n`;
  await execa('docker', ['build', '--quiet', '--tag', tag, '-'], { input, env: { DOCKER_BUILDKIT: '0' } });
}
