import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createRuntimeClient } from '@cutover/haproxy';
import { freePorts, startLoad } from '@cutover/testing';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeployEvent } from '../src/domain/events.ts';
import type { Router } from '../src/ports/index.ts';
import { routerInstances } from '../src/router/instances.ts';
import { routerOf, type Stack, stackDeployment, startStack, untilProven } from './support/stack.ts';

/** A second HAProxy in front of the same slots, with a map of its own. */
async function startSecond(stack: Stack) {
  const container = `${stack.name}-edge-2`;
  const directory = join(stack.directory, 'edge_2');
  await mkdir(join(directory, 'run'), { recursive: true });
  await cp(join(stack.directory, 'haproxy'), join(directory, 'haproxy'), { recursive: true });
  const [port] = await freePorts(1);
  await execa('docker', [
    ...['run', '--detach', '--name', container, '--network', `${stack.name}_default`, '--user', '0'],
    ...['--publish', `127.0.0.1:${port}:8080`],
    ...['--volume', `${directory}/haproxy:/etc/haproxy`, '--volume', `${directory}/run:/run/haproxy`],
    ...['haproxy:3.0', 'haproxy', '-W', '-db', '-f', '/etc/haproxy/haproxy.cfg'],
  ]);
  const url = `http://127.0.0.1:${port}`;
  const client = createRuntimeClient({ address: join(directory, 'run/admin.sock') });
  const router = routerOf('map', directory, client, url);
  const docker = (verb: 'pause' | 'unpause' | 'stop') => execa('docker', [verb, container]);
  return {
    url,
    router,
    docker,
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await execa('docker', ['rm', '--force', container], { reject: false });
    },
  };
}

describe('routerInstances over two HAProxys', () => {
  let stack: Stack;
  let second: Awaited<ReturnType<typeof startSecond>>;
  let router: Router;
  const events: DeployEvent[] = [];

  beforeAll(async () => {
    stack = await startStack('map', ['1', '2', '5']);
    second = await startSecond(stack);
    router = routerInstances({ edge_1: stack.router, edge_2: second.router });
    await untilProven(router);
  }, 120_000);
  afterAll(async () => {
    await second?.[Symbol.asyncDispose]();
    await stack?.[Symbol.asyncDispose]();
  });

  const deploymentBy = (one: Router, options: Parameters<typeof stackDeployment>[2] = {}) =>
    stackDeployment({ ...stack, router: one }, (event) => void events.push(event), options);
  const steps = () => events.splice(0).flatMap((event) => (event.type === 'done' ? [event.step.text] : []));
  const underLoad = async (targets: readonly string[], work: () => Promise<unknown>) => {
    const loads = targets.map((target) =>
      startLoad({
        target,
        rate: 50,
        duration: 180_000,
        versionHeader: 'x-version',
        requests: [{ name: 'page', path: '/', includes: '{id}' }],
      }),
    );
    try {
      await work();
    } finally {
      await Promise.all(loads.map((load) => load.stop()));
    }
    return Promise.all(loads.map((load) => load.finished));
  };

  it('switches both and loses no request of either', async () => {
    const deployment = deploymentBy(router);
    const reports = await underLoad([stack.url, second.url], () =>
      deployment.deploy({ image: stack.image('2') }),
    );
    expect(reports.map(({ failures }) => failures)).toEqual([{}, {}]);
    expect(reports.map(({ versions }) => Object.keys(versions).sort())).toEqual([
      ['1', '2'],
      ['1', '2'],
    ]);
    expect(await deployment.status()).toMatchObject({
      live: 'green',
      stored: 'green',
      instances: { edge_1: 'green', edge_2: 'green' },
      problems: [],
    });
  }, 120_000);

  it('commits on neither when one cannot be prepared', async () => {
    events.splice(0);
    const refusing: Router = {
      ...second.router,
      switchTo: () => Promise.reject(new Error('no such map')),
    };
    const deployment = deploymentBy(routerInstances({ edge_1: stack.router, edge_2: refusing }));
    await expect(deployment.deploy({ image: stack.image('5') })).rejects.toMatchObject({
      code: 'switch-failed',
      message: expect.stringContaining('edge_2: no such map'),
      facts: { outcome: 'reverted' },
    });
    expect((await router.observe()).instances).toEqual({ edge_1: 'green', edge_2: 'green' });
    expect(steps()).not.toContain('switch traffic from green to blue');
  }, 60_000);

  it('switches the rest when one did not take the commit, and loses no request of the other', async () => {
    let isCut = false;
    const late: Router = {
      ...second.router,
      switchTo: (to, from, confirm) =>
        second.router.switchTo(to, from, async () => {
          await confirm();
          if (isCut) return;
          isCut = true;
          throw new Error('the connection is cut');
        }),
    };
    const deployment = deploymentBy(routerInstances({ edge_1: stack.router, edge_2: late }));
    const reports = await underLoad([stack.url, second.url], () =>
      deployment.deploy({ image: stack.image('5') }),
    );
    expect(reports.map(({ failures }) => failures)).toEqual([{}, {}]);
    expect(steps()).toContain('switch the rest of the traffic from green to blue');
    expect((await router.observe()).instances).toEqual({ edge_1: 'blue', edge_2: 'blue' });
  }, 60_000);

  it('stops nothing while one does not answer, and goes on without it once it is left out', async () => {
    const watch = { for: 1_000, every: 200 };
    const hooks = { afterSwitch: async () => void (await second.docker('pause')) };
    const cut = deploymentBy(router, { watch, hooks });
    await expect(cut.deploy({ image: stack.image('2') })).rejects.toMatchObject({
      code: 'router-unreachable',
      message: expect.stringContaining('edge_2'),
      facts: { outcome: 'unfinished' },
    });
    const running = await stack.compose('ps', '--services');
    expect(running.split('\n')).toEqual(expect.arrayContaining(['api_blue', 'api_green']));
    const alone = deploymentBy(stack.router);
    expect(await alone.resume()).toBe('deployed');
    expect(await alone.status()).toMatchObject({ live: 'green', problems: [] });
  }, 180_000);
});
