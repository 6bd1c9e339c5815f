import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startLoad } from '@cutover/testing';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deployment } from '../src/blue-green.ts';
import type { DeployEvent } from '../src/domain/events.ts';
import { type Stack, stackDeployment, startStack } from './support/stack.ts';

describe('blueGreen with two services of two containers in a slot', () => {
  let stack: Stack;
  let deployment: Deployment;

  beforeAll(async () => {
    stack = await startStack('pairs', ['1', '2', '3']);
    deployment = stackDeployment(stack, () => {});
  });
  afterAll(() => stack?.[Symbol.asyncDispose]());

  /** How many containers of each service run on which version. */
  const running = async () => {
    const { live, slots, background } = await deployment.status();
    const all = [...Object.values(slots), ...Object.values(background)].flatMap(
      ({ containers }) => containers ?? [],
    );
    const names = all.map(
      ({ service, image, running: runs }) => `${service} ${runs ? image.split(':')[1] : 'stopped'}`,
    );
    const counts = [...new Set(names)]
      .sort()
      .map((name) => `${names.filter((one) => one === name).length} ${name}`);
    return { live, counts };
  };
  const all = (slot: string, version: string, api = 2) => ({
    live: slot,
    counts: [
      `${api} api_${slot} ${version}`,
      `1 cron ${version}`,
      `2 web_${slot} ${version}`,
      `1 worker ${version}`,
    ].sort((a, b) => a.slice(2).localeCompare(b.slice(2))),
  });
  const underLoad = async (work: () => Promise<unknown>) => {
    const load = startLoad({
      target: stack.url,
      rate: 100,
      duration: 180_000,
      // By which backends a request was paired: both keys of the map, seen at one moment.
      versionHeader: 'x-backends',
      requests: [
        { name: 'page', path: '/', includes: '{id}', weight: 4 },
        { name: 'call', path: '/api', includes: '{id}', weight: 4 },
        { name: 'fresh', path: '/api', connection: 'fresh', includes: '{id}', weight: 2 },
        { name: 'slow', path: '/slow', slow: true, includes: '{id}', weight: 0.2 },
      ],
    });
    try {
      await work();
    } finally {
      await load.stop();
    }
    return load.finished;
  };

  it('switches both in one commit, with each in its number, and loses no request', async () => {
    expect(await running()).toEqual(all('blue', '1'));
    const report = await underLoad(async () => {
      expect(await deployment.deploy({ image: stack.image('2') })).toMatchObject({
        outcome: 'deployed',
        live: 'green',
      });
      expect(await running()).toEqual(all('green', '2'));
      expect(await deployment.rollback()).toMatchObject({ outcome: 'deployed', live: 'blue' });
      expect(await running()).toEqual(all('blue', '1'));
    });
    expect(report.failures).toEqual({});
    expect(report.sent).toBeGreaterThan(1_000);
    expect(Object.keys(report.versions).sort()).toEqual(['api_blue web_blue', 'api_green web_green']);
  }, 180_000);

  it('fails when one of the new containers dies in the gate, and changes nothing', async () => {
    let killed = false;
    const onEvent = async (event: DeployEvent) => {
      if (killed || event.type !== 'progress' || event.step.do !== 'gate' || event.note !== 'good 1') return;
      killed = true;
      const [, second] = (await stack.compose('ps', '--quiet', 'web_green')).split('\n');
      await execa('docker', ['kill', second as string]);
    };
    // Long enough for the blow to fall in it.
    const gate = { stableFor: 20_000, interval: 100, timeout: 40_000 };
    const slow = stackDeployment(stack, (event) => void onEvent(event), { gate });
    await expect(slow.deploy({ image: stack.image('2') })).rejects.toMatchObject({
      code: 'gate-failed',
      facts: { outcome: 'reverted' },
    });
    expect(await running()).toEqual(all('blue', '1'));
  }, 60_000);

  it('keeps a number that was set by hand', async () => {
    await stack.compose('up', '--detach', '--no-recreate', '--scale', 'api_blue=3', 'api_blue');
    await deployment.deploy({ image: stack.image('2') });
    expect(await running()).toEqual(all('green', '2', 3));
  }, 60_000);

  it('brings another number with the next deployment, of the same image as well', async () => {
    const file = join(stack.directory, 'compose.yaml');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replaceAll(/(api_\w+:[\s\S]*?replicas: )2/g, '$11'));
    const { because } = await deployment.plan({ image: stack.image('2') });
    expect(because).toEqual(['api_green: replicas has changed']);
    const report = await underLoad(async () => {
      expect(await deployment.deploy({ image: stack.image('2') })).toMatchObject({
        outcome: 'deployed',
        live: 'blue',
      });
    });
    expect(report.failures).toEqual({});
    expect(await running()).toEqual(all('blue', '2', 1));
    expect(await deployment.deploy({ image: stack.image('2') })).toMatchObject({ outcome: 'unchanged' });
  }, 60_000);

  it('refuses more containers than the router has servers for, and touches nothing', async () => {
    const file = join(stack.directory, 'compose.yaml');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replaceAll(/(web_\w+:[\s\S]*?replicas: )2/g, '$14'));
    await expect(deployment.deploy({ image: stack.image('2') })).rejects.toMatchObject({
      code: 'router-unfit',
      message: expect.stringContaining('4 containers and 3 servers'),
      facts: { outcome: 'unchanged' },
    });
    await writeFile(file, text);
  });
});
