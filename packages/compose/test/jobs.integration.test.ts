import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@cutover/internal';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeployEvent } from '../src/domain/events.ts';
import type { JobOptions } from '../src/options/layout-options.ts';
import { buildDeployer, deploy } from './chaos/chaos.ts';
import { type Stack, stackDeployment, startStack } from './support/stack.ts';

const jobs: Record<string, JobOptions> = {
  migrate: { image: 'MIGRATE_IMAGE', at: 'before-start' },
  contract: { image: 'CONTRACT_IMAGE', at: 'after-watch' },
};

// On version 5 it fails; on version 6 it ends when it is let.
const JOB = `
const { appendFileSync, existsSync } = require('node:fs');
const { VERSION, JOB } = process.env;
const note = (text) => appendFileSync('/jobs/log', text + ' ' + JOB + ' ' + VERSION + '\\n');
note('begin');
console.log(JOB + ' at work');
if (VERSION === '5') { console.error('no such table: orders'); process.exit(3); }
const timer = setInterval(() => {
  if (VERSION === '6' && !existsSync('/jobs/go')) return;
  clearInterval(timer);
  note('end');
}, 50);
`;

const serviceOf = (job: string) => `  ${job}:
    image: \${${jobs[job]?.image}:-none}
    profiles: [job]
    init: true
    environment: { JOB: ${job} }
    volumes: ['./jobs:/jobs']
    command: ['node', '-e', ${JSON.stringify(JOB)}]
`;

describe('jobs of blueGreen', () => {
  let stack: Stack;
  const events: DeployEvent[] = [];
  const deployment = () => stackDeployment(stack, (event) => events.push(event), { jobs });
  const log = async () =>
    (await readFile(join(stack.directory, 'jobs/log'), 'utf8').catch(() => '')).trim().split('\n');
  const logOf = async (version: string) => (await log()).filter((line) => line.endsWith(` ${version}`));
  const live = async () => (await fetch(stack.url)).headers.get('x-version');

  beforeAll(async () => {
    stack = await startStack('map', ['1', '2', '5', '6']);
    await mkdir(join(stack.directory, 'jobs'));
    await appendFile(join(stack.directory, 'compose.yaml'), Object.keys(jobs).map(serviceOf).join(''));
  }, 180_000);
  afterAll(() => stack?.[Symbol.asyncDispose]());

  it('run once before the new slot starts and once when the old one is gone, and are in the plan', async () => {
    const image = stack.image('2');
    const plan = String(await deployment().plan({ image }));
    expect(plan).toContain(`run migrate on ${image}\n`);
    expect(plan).toContain(`run contract on ${image}, after which an earlier image may not work any more`);
    expect(await deployment().deploy({ image })).toMatchObject({ outcome: 'deployed' });
    expect(await log()).toEqual(['begin migrate 2', 'end migrate 2', 'begin contract 2', 'end contract 2']);
    const steps = events.flatMap((event) => (event.type === 'done' ? [event.step.text] : []));
    const at = (text: string) => steps.findIndex((step) => step.startsWith(text));
    expect(at('run migrate')).toBeLessThan(at('start api_green'));
    expect(at('run contract')).toBeGreaterThan(at('remove stopped api_blue'));
    expect(events).toContainEqual(expect.objectContaining({ type: 'output', lines: ['migrate at work'] }));
  }, 120_000);

  it('are no part of a rollback, which says what it cannot take back', async () => {
    events.length = 0;
    expect(await deployment().rollback()).toMatchObject({ release: stack.image('1') });
    expect(await log()).toHaveLength(4);
    const begun = events.find((event) => event.type === 'deploying');
    expect(begun).toMatchObject({
      intent: {
        because: expect.arrayContaining([
          `contract ran on ${stack.image('2')} and is not undone: ${stack.image('1')} has to work with what it did`,
        ]),
      },
    });
  }, 120_000);

  it('that fail change nothing further, show their output, and keep it for who reads it later', async () => {
    events.length = 0;
    await expect(deployment().deploy({ image: stack.image('5') })).rejects.toMatchObject({
      code: 'job-failed',
      message: expect.stringContaining('it ended with code 3'),
      facts: { outcome: 'reverted' },
    });
    expect(await live()).toBe('1');
    expect(await logOf('5')).toEqual(['begin migrate 5']);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'output', lines: expect.arrayContaining(['no such table: orders']) }),
    );
    expect(await stack.compose('--profile', '*', 'logs', 'migrate')).toContain('no such table: orders');
  }, 120_000);

  it('that run when the deploying process is killed are awaited by the next, and started once', async () => {
    await using deployer = await buildDeployer();
    const attempt = { stack, way: stack.way, deployer: deployer.file, image: stack.image('6') };
    const under = ['env', `JOBS=${JSON.stringify(jobs)}`];
    const first = deploy(attempt, under);
    while ((await logOf('6')).length === 0) await systemClock.sleep(50);
    first.kill('SIGKILL');
    await first;
    const second = deploy(attempt, under);
    const resumed = new Promise((resolve) =>
      second.stdout.on('data', (chunk) => /"do":"job"/.test(chunk) && resolve(0)),
    );
    await Promise.race([resumed, second]);
    await appendFile(join(stack.directory, 'jobs/go'), '');
    expect(await second).toMatchObject({ exitCode: 0 });
    expect(await logOf('6')).toEqual([
      'begin migrate 6',
      'end migrate 6',
      'begin contract 6',
      'end contract 6',
    ]);
    expect(await live()).toBe('6');
  }, 120_000);
});
