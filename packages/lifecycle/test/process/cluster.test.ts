import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '@cutover/internal';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Program, runProgram } from '../programs.ts';
import { get } from '../serving.ts';

const WORKER = `
  import { createServer } from 'node:http';
  const { gracefulShutdown } = await import(process.env.LIFECYCLE);
  const server = createServer((request, response) => {
    if (request.url !== '/slow') return response.end(String(process.pid));
    process.once('SIGUSR2', () => response.end('slow'));
    console.log('slow begun by ' + process.pid);
  });
  const onEvent = ({ type, step }) => type === 'step' && console.log(step.name + ' ' + step.outcome);
  gracefulShutdown({ server, lameDuck: 50, onEvent });
  server.listen(0, '127.0.0.1', () => console.log('port ' + server.address().port + ' pid ' + process.pid + ' is open'));
`;

/** A primary; it does to its first worker what a message says, tells how workers end, and can be busy for a while. */
const PRIMARY = `
  import cluster from 'node:cluster';
  import { writeSync } from 'node:fs';
  cluster.setupPrimary({ exec: process.env.WORKER, execArgv: [] });
  const [worker] = Array.from({ length: Number(process.env.WORKERS) }, () => cluster.fork());
  cluster.on('exit', (_, code, signal) => console.log('worker ended: ' + code + ' ' + signal));
  const busy = () => {
    writeSync(1, 'primary is busy');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
  };
  process.on('message', (what) => (what === 'busy' ? busy() : worker[what]()));
`;

async function clustered(workers = 1): Promise<{ primary: Program; port: number; pid: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'cutover-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'worker.mjs');
  await writeFile(file, WORKER);
  const primary = runProgram(PRIMARY, { env: { WORKER: file, WORKERS: String(workers) }, stdio: 'ipc' });
  const opened = () => [...primary.output().matchAll(/port (\d+) pid (\d+) is open/g)];
  await vi.waitUntil(() => opened().length === workers, { timeout: 30_000 });
  onTestFinished(() => {
    for (const [, , pid] of opened()) kill(Number(pid), 'SIGKILL');
  });
  const [[, port, pid] = []] = opened();
  return { primary, port: Number(port), pid: Number(pid) };
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}

describe('gracefulShutdown in a worker of node:cluster', () => {
  it.each([
    ['a signal', (_: Program, pid: number) => kill(pid, 'SIGTERM')],
    ['worker.kill()', (primary: Program) => void primary.process.send('kill')],
  ])('finishes what is in flight after %s, then ends with 0', async (_, stop) => {
    const { primary, port, pid } = await clustered();
    const answer = get(port, '/slow');
    await primary.prints('slow begun');
    stop(primary, pid);
    await primary.prints('listener done');
    kill(pid, 'SIGUSR2');
    expect((await answer).body).toBe('slow');
    await primary.prints('worker ended: 0 null');
    expect(primary.output()).toMatch(/shutdown clean in .* after SIGTERM/);
  });

  it('gives back what a busy primary hands it after it has closed, before it ends', async () => {
    const { primary, port, pid } = await clustered(2);
    primary.process.send('busy');
    await primary.prints('primary is busy');
    // They wait in the kernel, for the primary to accept them and to hand each worker one at a time.
    const answers = Array.from({ length: 8 }, () => get(port, '/'));
    kill(pid, 'SIGTERM');
    const bodies = (await Promise.all(answers)).map(({ body }) => body);
    expect(bodies).toHaveLength(8);
    expect(bodies).not.toContain(String(pid));
    await primary.prints('worker ended: 0 null');
  });

  it('drains after worker.disconnect(), which by itself waits for what is in flight', async () => {
    const { primary, port, pid } = await clustered();
    const answer = get(port, '/slow');
    await primary.prints('slow begun');
    primary.process.send('disconnect');
    kill(pid, 'SIGUSR2');
    expect((await answer).body).toBe('slow');
    await primary.prints('worker ended: 0 null');
    expect(primary.output()).toMatch(/shutdown clean in .* after disconnect/);
  });

  it('finishes what is in flight when the primary is killed, where Node alone would cut it', async () => {
    const { primary, port, pid } = await clustered();
    const answer = get(port, '/slow');
    await primary.prints('slow begun');
    primary.process.kill('SIGKILL');
    await primary.prints('listener done');
    kill(pid, 'SIGUSR2');
    expect((await answer).body).toBe('slow');
    await primary.prints('after disconnect');
    expect(primary.output()).toMatch(/shutdown clean in .* after disconnect/);
  });
});

/** A primary of two workers that owns a shutdown, and forks anew whatever ends, as many do. */
const OWNING_PRIMARY = `
  import cluster from 'node:cluster';
  const { gracefulShutdown } = await import(process.env.LIFECYCLE);
  cluster.setupPrimary({ exec: process.env.WORKER, execArgv: [] });
  for (const worker of [cluster.fork(), cluster.fork()])
    worker.on('exit', (code, signal) => console.log('worker ended: ' + code + ' ' + signal));
  cluster.on('exit', () => cluster.fork());
  gracefulShutdown(JSON.parse(process.env.OPTIONS));
`;

async function ownedCluster(options: object = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'cutover-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'worker.mjs');
  await writeFile(file, WORKER);
  const primary = runProgram(OWNING_PRIMARY, { env: { WORKER: file, OPTIONS: JSON.stringify(options) } });
  const pids = () => [...primary.output().matchAll(/pid (\d+) is open/g)].map(([, pid]) => Number(pid));
  await expect.poll(() => pids().length).toBe(2);
  onTestFinished(() => {
    for (const pid of pids()) kill(pid, 'SIGKILL');
  });
  return { primary, port: Number(/port (\d+)/.exec(primary.output())?.[1]), pids };
}

describe('gracefulShutdown in a primary of node:cluster', () => {
  it('drains the workers when it alone is signalled, and ends after them', async () => {
    const { primary, port } = await ownedCluster();
    const answer = get(port, '/slow');
    await primary.prints('slow begun');
    primary.process.kill('SIGTERM');
    await primary.prints('listener done');
    kill(Number(/slow begun by (\d+)/.exec(primary.output())?.[1]), 'SIGUSR2');
    expect((await answer).body).toBe('slow');
    expect(await primary.ended).toEqual({ code: 0, signal: null });
    expect(primary.output().match(/worker ended: 0 null/g)).toHaveLength(2);
    expect(primary.output()).toMatch(/shutdown clean in .* after SIGTERM: workers/);
  });

  it('says what became of workers that did not end clean', async () => {
    const { primary, pids } = await ownedCluster();
    kill(pids()[0] ?? 0, 'SIGSTOP');
    primary.process.kill('SIGTERM');
    await primary.prints('worker ended: 0 null');
    kill(pids()[0] ?? 0, 'SIGKILL');
    expect(await primary.ended).toEqual({ code: 3, signal: null });
    expect(primary.output()).toMatch(/workers failed .*worker \d+ ended with SIGKILL/);
  });

  it('kills those that are left at its deadline', async () => {
    const { primary, pids } = await ownedCluster({ gracePeriod: 500 });
    kill(pids()[0] ?? 0, 'SIGSTOP');
    primary.process.kill('SIGTERM');
    expect(await primary.ended).toEqual({ code: 4, signal: null });
    expect(primary.output()).toMatch(/workers cut .*1 of 2 workers/);
    await expect.poll(() => isAlive(pids()[0] ?? 0)).toBe(false);
  });
});
