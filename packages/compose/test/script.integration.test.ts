import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeployEvent } from '../src/domain/events.ts';
import { type Attempt, buildDeployer, deploy } from './chaos/chaos.ts';
import { type Stack, stackDeployment, startStack } from './support/stack.ts';

describe('runScript', () => {
  let stack: Stack;
  let deployer: Awaited<ReturnType<typeof buildDeployer>>;
  let attempt: Attempt;
  const status = () => stackDeployment(stack, () => {}).status();

  /** Deploys version 2 and presses Ctrl-C when that step begins. */
  async function interruptedAt(step: string) {
    const child = deploy(attempt);
    child.stdout.on('data', (chunk: Buffer) => {
      for (const line of chunk.toString().split('\n').filter(Boolean)) {
        const event: DeployEvent = JSON.parse(line);
        if (event.type === 'step' && event.step.do === step) child.kill('SIGINT');
      }
    });
    return child;
  }

  beforeAll(async () => {
    deployer = await buildDeployer();
    stack = await startStack('map', ['1', '2']);
    attempt = { stack, way: 'map', deployer: deployer.file, image: stack.image('2') };
  });
  afterAll(async () => {
    await stack?.[Symbol.asyncDispose]();
    await deployer?.[Symbol.asyncDispose]();
  });

  it('puts everything back on Ctrl-C before the switch, says so, and exits with 1', async () => {
    const { exitCode, stderr } = await interruptedAt('gate');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /SIGINT: ending in order.*\ninterrupted: .*asked to stop by SIGINT\. Everything is as before: blue has/,
    );
    expect(await status()).toMatchObject({
      live: 'blue',
      unfinished: undefined,
      slots: { green: { containers: [] } },
    });
  });

  it('brings every service up on Ctrl-C after the switch, leaves the old slot warm, and goes on when run again', async () => {
    const { exitCode, stderr } = await interruptedAt('switch');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /Left as it is: green has the traffic, on \S+:2; blue runs \S+:1 without traffic; cron runs \S+:2/,
    );
    expect(await status()).toMatchObject({ live: 'green', unfinished: stack.image('2'), holder: undefined });
    expect((await deploy(attempt)).exitCode).toBe(0);
    expect(await status()).toMatchObject({
      live: 'green',
      unfinished: undefined,
      slots: { blue: { containers: [] } },
    });
  });

  it('goes on when nobody reads what it says any more', async () => {
    const child = deploy({ ...attempt, image: stack.image('1') });
    child.stdout.once('data', () => child.stdout.destroy());
    expect((await child).exitCode).toBe(0);
    expect(await status()).toMatchObject({ live: 'blue', unfinished: undefined });
  });

  it('says in one line what is wrong, and exits with 1', async () => {
    const { exitCode, stderr } = await deploy({ ...attempt, image: 'no/such:image' });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^image-missing: looking for the image no\/such:image: [^\n]*$/);
  });
});
