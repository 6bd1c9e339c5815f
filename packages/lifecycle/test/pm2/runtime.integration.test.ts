import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { startContainer, type TestContainer } from '@cutover/testing';
import { describe, expect, it } from 'vitest';
import { bundle } from '../programs.ts';

const repository = resolve(import.meta.dirname, '../../../..');
const runtime = createRequire(import.meta.url).resolve('pm2/bin/pm2-runtime');

interface Case {
  /** Milliseconds that the app takes to drain. */
  drain: number;
  killTimeout?: number;
  autoExit: boolean;
  /** Seconds that Docker gives. */
  stop: number;
  /** Put runService, with this grace period, in front as process 1. */
  service?: number;
}

/** Runs an app under pm2-runtime in a container, stops it, and tells how that went. */
async function stopUnderRuntime({ drain, killTimeout, autoExit, stop, service }: Case) {
  // Within the repository, which the container sees at the same path.
  const home = resolve(import.meta.dirname, '../../.cutover');
  await mkdir(home, { recursive: true });
  const folder = await mkdtemp(join(home, 'runtime-'));
  const ecosystem = join(folder, 'ecosystem.json');
  const script = join(folder, 'app.cjs');
  await writeFile(script, APP(drain));
  await writeFile(
    ecosystem,
    JSON.stringify({
      apps: [{ name: 'app', script, kill_timeout: killTimeout, exec_mode: 'cluster', instances: 1 }],
    }),
  );
  const command = ['node', runtime, ecosystem, ...(autoExit ? [] : ['--no-auto-exit'])];
  const container = await startContainer({
    image: 'node:24-bookworm-slim',
    command:
      service === undefined ? command : ['node', '--input-type=module', '-e', SERVICE(command, service)],
    env: { PM2_HOME: '/tmp/pm2', PM2_DISABLE_VERSION_CHECK: 'true' },
    host: { Binds: [`${repository}:${repository}:ro`] },
  });
  try {
    await printed(container, 'app is up');
    const began = performance.now();
    await container.stop(stop);
    const seconds = (performance.now() - began) / 1000;
    const { State } = await container.inspect();
    return { seconds, exitCode: State.ExitCode, logs: await container.logs() };
  } finally {
    await container[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }
}

const APP = (drain: number) => `
  import(${JSON.stringify(bundle)}).then(({ gracefulShutdown }) => {
    const shutdown = gracefulShutdown({ onEvent: (event) => event.type === 'repeated' && console.log('again: ' + event.reason.text) });
    shutdown.add('work', () => new Promise((done) => setTimeout(done, ${drain})), { phase: 'drain' });
    setInterval(() => {}, 1000);
    console.log('app is up');
  });
`;
const SERVICE = (command: string[], gracePeriod: number) => `
  const { runService } = await import(${JSON.stringify(bundle)});
  await runService(${JSON.stringify({ command, gracePeriod })});
`;

async function printed(container: TestContainer, text: string): Promise<void> {
  while (!(await container.logs()).includes(text)) await new Promise((again) => setTimeout(again, 100));
}

describe.concurrent('gracefulShutdown under pm2-runtime in a container', () => {
  it('finishes a drain of 12 s with --no-auto-exit', async () => {
    const end = await stopUnderRuntime({ drain: 12_000, killTimeout: 30_000, autoExit: false, stop: 40 });
    expect(end.exitCode).toBe(0);
    expect(end.logs).toMatch(/shutdown clean in 1[23]\.\d s after SIGINT/);
    expect(end.logs).not.toContain('again:');
    expect(end.seconds).toBeLessThan(25);
  }, 90_000);

  it('finishes a drain of 12 s also where pm2-runtime repeats its SIGINT', async () => {
    const end = await stopUnderRuntime({ drain: 12_000, killTimeout: 30_000, autoExit: true, stop: 40 });
    // pm2-runtime leaves with 0, or with 2 when it counts no process first; what the app says is what counts.
    expect([0, 2]).toContain(end.exitCode);
    expect(end.logs).toContain('again: SIGINT');
    expect(end.logs).toMatch(/shutdown clean in 1[23]\.\d s after SIGINT/);
  }, 90_000);

  it('is not called a success when Docker cuts a drain of 15 s after 10 s', async () => {
    const end = await stopUnderRuntime({ drain: 15_000, killTimeout: 30_000, autoExit: false, stop: 10 });
    expect(end.exitCode).toBe(137);
    expect(end.logs).not.toContain('shutdown clean');
  }, 90_000);

  it('is reported as forced by runService, which ends it before Docker does', async () => {
    const end = await stopUnderRuntime({
      drain: 15_000,
      killTimeout: 30_000,
      autoExit: false,
      stop: 10,
      service: 8_000,
    });
    expect(end.exitCode).toBe(137);
    expect(end.logs).toMatch(/service forced after [89]\.\d s, exit code 137, \d+ killed/);
  }, 90_000);

  it('is reported as forced where PM2 and its exit code 0 say nothing of it', async () => {
    const end = await stopUnderRuntime({ drain: 5_000, autoExit: false, stop: 20, service: 15_000 });
    expect(end.exitCode).toBe(4);
    expect(end.logs).toContain('no kill_timeout is set, so PM2 kills after 1600 ms');
    expect(end.logs).toMatch(/service forced after .* exit code 4, \d+ forced/);
  }, 90_000);

  it('is reported as clean by runService, with the warnings that apply', async () => {
    const end = await stopUnderRuntime({
      drain: 1_000,
      killTimeout: 5_000,
      autoExit: true,
      stop: 20,
      service: 15_000,
    });
    expect(end.exitCode).toBe(0);
    expect(end.logs).toMatch(/service clean after [\d.]+ s, exit code 0, \d+ clean/);
    expect(end.logs).toContain('add --no-auto-exit');
    expect(end.logs).toContain('set init: true');
  }, 90_000);
});

describe('gracefulShutdown as process 1 of a container', () => {
  it('ends by itself, with code 0, long before Docker would kill it', async () => {
    await using container = await startContainer({
      image: 'node:24-bookworm-slim',
      command: ['node', '-e', APP(300)],
      host: { Binds: [`${repository}:${repository}:ro`] },
    });
    await printed(container, 'app is up');
    const began = performance.now();
    await container.stop(20);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect((await container.inspect()).State.ExitCode).toBe(0);
    expect(await container.logs()).toContain('after SIGTERM: work');
  }, 90_000);
});
