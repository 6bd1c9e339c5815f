import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startLoad } from '@cutover/testing';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deployment } from '../src/blue-green.ts';
import type { DeployEvent } from '../src/domain/events.ts';
import type { ServiceStatus } from '../src/status/deploy-status.ts';
import { type Stack, stackDeployment, startStack, type Way } from './support/stack.ts';

describe.each<Way>(['map', 'server'])('blueGreen by HAProxy %s', (way) => {
  let stack: Stack;
  let deployment: Deployment;
  const events: DeployEvent[] = [];
  const running = async () => {
    const { live, slots, background } = await deployment.status();
    const images = (service: Pick<ServiceStatus, 'containers'> | undefined) =>
      service?.containers
        ?.filter((container) => container.running)
        .map(({ image }) => image.replace(`${stack.name}:`, ''));
    return {
      live,
      ...Object.fromEntries(Object.entries({ ...slots, ...background }).map(([k, v]) => [k, images(v)])),
    };
  };

  /** All of this stack, the notes of the ledger as well. */
  const things = async () => {
    const filter = ['--quiet', '--filter', `name=${stack.name}`];
    const containers = await execa('docker', ['ps', '--all', ...filter]);
    return [containers.stdout, (await execa('docker', ['volume', 'ls', ...filter])).stdout];
  };

  beforeAll(async () => {
    stack = await startStack(way, ['1', '2', '3', '4']);
    deployment = stackDeployment(stack, (event) => events.push(event));
  });
  afterAll(() => stack?.[Symbol.asyncDispose]());

  it('loses no request of a deployment, a bad release, one with a bad cron, and a rollback', async () => {
    const load = startLoad({
      target: stack.url,
      rate: 100,
      duration: 180_000,
      requests: [
        { name: 'kept', path: '/', includes: '{id}', weight: 6 },
        { name: 'fresh', path: '/', connection: 'fresh', includes: '{id}', weight: 2 },
        { name: 'order', method: 'POST', path: '/', body: '{id}', includes: '{id}', weight: 2 },
        { name: 'slow', path: '/slow', slow: true, includes: '{id}', weight: 0.2 },
      ],
    });
    try {
      expect(await deployment.deploy({ image: stack.image('2') })).toMatchObject({
        outcome: 'deployed',
        live: 'green',
      });
      expect(await running()).toEqual({ live: 'green', blue: [], green: ['2'], cron: ['2'], worker: ['2'] });

      await expect(deployment.deploy({ image: stack.image('3') })).rejects.toMatchObject({
        code: 'gate-failed',
        facts: { outcome: 'reverted' },
      });
      expect(await running()).toEqual({ live: 'green', blue: [], green: ['2'], cron: ['2'], worker: ['2'] });

      await expect(deployment.deploy({ image: stack.image('4') })).rejects.toMatchObject({
        code: 'verify-failed',
        facts: { outcome: 'reverted' },
      });
      expect(await running()).toEqual({ live: 'green', blue: [], green: ['2'], cron: ['2'], worker: ['2'] });

      expect(await deployment.rollback()).toMatchObject({ outcome: 'deployed', live: 'blue' });
      expect(await running()).toEqual({ live: 'blue', blue: ['1'], green: [], cron: ['1'], worker: ['1'] });
    } finally {
      await load.stop();
    }
    const { sent, failures, versions } = await load.finished;
    expect(failures).toEqual({});
    expect(sent).toBeGreaterThan(500);
    expect(Object.keys(versions).sort()).toEqual(['1', '2', '4']);
    expect(events.flatMap((event) => (event.type === 'stopped' ? [event.stop.verdict] : []))).not.toContain(
      'killed',
    );
  }, 180_000);

  it('changes nothing when the release runs already', async () => {
    const before = await stack.compose('ps', '--all', '--quiet');
    expect(await deployment.deploy({ image: stack.image('1') })).toMatchObject({ outcome: 'unchanged' });
    expect(await stack.compose('ps', '--all', '--quiet')).toBe(before);
  });

  it('deploys the same image through the idle slot when a variable has changed, losing no request', async () => {
    const before = await running();
    const idle = before.live === 'blue' ? 'green' : 'blue';
    const file = join(stack.directory, 'compose.yaml');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replaceAll('ROLE: api }', 'ROLE: api, LEVEL: debug-hunter22 }'));
    const service = `api_${before.live}`;
    const plan = await deployment.plan({ image: stack.image('1') });
    expect(plan.because).toEqual([`${service}: environment.LEVEL has changed`]);
    expect(`${plan}`).not.toContain('hunter22');
    const load = startLoad({
      target: stack.url,
      rate: 100,
      duration: 60_000,
      requests: [{ name: 'kept', path: '/', includes: '{id}', weight: 1 }],
    });
    const cron = await stack.compose('ps', '--quiet', 'cron');
    try {
      expect(await deployment.refresh()).toMatchObject({ outcome: 'deployed', live: idle });
    } finally {
      await load.stop();
    }
    expect((await load.finished).failures).toEqual({});
    expect(await stack.compose('exec', `api_${idle}`, 'printenv', 'LEVEL')).toBe('debug-hunter22');
    // Nothing of it has changed.
    expect(await stack.compose('ps', '--quiet', 'cron')).toBe(cron);
    expect(await deployment.refresh()).toMatchObject({ outcome: 'unchanged' });
    await stack.compose('up', '--detach');
    expect(await running()).toMatchObject({ live: idle, [before.live ?? 'unknown']: [] });
    await writeFile(file, text);
    expect(await deployment.deploy({ image: stack.image('1') })).toMatchObject({ live: before.live });
  }, 120_000);

  it('keeps the live slot when HAProxy is restarted, and when somebody calls compose up by hand', async () => {
    const before = await stack.compose('ps', '--all', '--quiet');
    await stack.compose('restart', 'haproxy');
    await stack.compose('up', '--detach');
    expect(await stack.compose('ps', '--all', '--quiet')).toBe(before);
    await expect
      .poll(async () => (await fetch(stack.url)).headers.get('x-version'), { timeout: 20_000 })
      .toBe('1');
    expect(await running()).toMatchObject({ live: 'blue', green: [] });
  });

  it('says that HAProxy cannot be reached, and changes nothing', async () => {
    await stack.compose('stop', '--timeout', '1', 'haproxy');
    const before = await things();
    await expect(deployment.deploy({ image: stack.image('2') })).rejects.toMatchObject({
      code: 'router-unreachable',
    });
    expect(await things()).toEqual(before);
    const status = await deployment.status();
    expect(status).toMatchObject({
      live: undefined,
      slots: { blue: { containers: [{ image: stack.image('1'), running: true }] } },
      problems: [{ part: 'router' }],
    });
    expect(String(status)).toMatch(/^live +unknown\nblue +\S+: \S+:1, running\n/);
    await stack.compose('start', 'haproxy');
  });
});
