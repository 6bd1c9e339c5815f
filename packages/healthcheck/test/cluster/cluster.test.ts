import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { countWorkers, type WorkerState } from '../../src/cluster/worker-state.ts';
import { clusterCheck, createHealth, type Health, shareHealth } from '../../src/index.ts';
import { run } from '../helpers/run.ts';
import { newFolder } from '../helpers/servers.ts';

const worker = (change: Partial<WorkerState> = {}): WorkerState => ({
  at: 1_000,
  pid: 1,
  state: 'serving',
  status: 'pass',
  ...change,
});
const none = { serving: 0, starting: 0, draining: 0, failing: 0, silent: 0 };

describe('countWorkers', () => {
  it('keeps the states apart, and leaves out who is gone', () => {
    const workers = [
      worker(),
      worker({ status: 'warn' }),
      worker({ status: 'fail' }),
      worker({ state: 'draining', status: 'fail' }),
      worker({ state: 'starting', status: 'fail' }),
      worker({ at: 0 }),
      worker({ pid: 2, at: 0 }),
    ];
    expect(countWorkers(workers, { now: 1_500, maxAge: 1_000, isAlive: (pid) => pid === 1 })).toEqual({
      serving: 2,
      failing: 1,
      draining: 1,
      starting: 1,
      silent: 1,
    });
  });
});

describe('clusterCheck', () => {
  const cluster = async (...healths: Health[]) => {
    const folder = await newFolder();
    const shares = healths.map((health, id) => shareHealth(health, { folder, id: String(id), interval: 20 }));
    onTestFinished(() => {
      for (const share of shares) share[Symbol.dispose]();
    });
    await expect.poll(() => readdir(folder)).toHaveLength(healths.length);
    return { folder, shares };
  };
  const counts = (folder: string, min = 1) =>
    run(clusterCheck({ folder, min })).then(
      (details) => [details?.status, details?.facts],
      (error) => [error.code, error.facts],
    );

  it('speaks for all workers, draining ones apart', async () => {
    const [one, two] = [createHealth(), createHealth()];
    const { folder } = await cluster(one, two);
    await expect.poll(() => counts(folder, 2)).toEqual(['pass', { ...none, serving: 2 }]);
    one.draining();
    await expect.poll(() => counts(folder)).toEqual(['pass', { ...none, serving: 1, draining: 1 }]);
    two.draining();
    await expect.poll(() => counts(folder)).toEqual(['unhealthy', { ...none, draining: 2 }]);
  });

  it('is not ready while workers start, and warns of one that fails', async () => {
    const starting = createHealth({ starting: true });
    const failing = createHealth({ ready: [{ name: 'db', run: () => Promise.reject(new Error('no')) }] });
    const { folder } = await cluster(starting, failing);
    await expect.poll(() => counts(folder)).toEqual(['not-ready', { ...none, starting: 1, failing: 1 }]);
    starting.started();
    await expect.poll(() => counts(folder)).toEqual(['warn', { ...none, serving: 1, failing: 1 }]);
  });

  it('counts a worker without a sign of life as stuck, and survives a file that is none', async () => {
    const { folder } = await cluster(createHealth());
    await writeFile(join(folder, 'stuck.json'), JSON.stringify(worker({ at: 5, pid: process.pid })));
    await writeFile(join(folder, 'half.json'), '{"at":');
    await expect.poll(() => counts(folder)).toEqual(['warn', { ...none, serving: 1, silent: 1 }]);
  });

  it('forgets a worker that has stopped sharing', async () => {
    const { folder, shares } = await cluster(createHealth());
    shares[0]?.[Symbol.dispose]();
    await expect(readdir(folder)).resolves.toEqual([]);
    await expect(counts(folder)).resolves.toEqual(['unhealthy', none]);
  });
});
