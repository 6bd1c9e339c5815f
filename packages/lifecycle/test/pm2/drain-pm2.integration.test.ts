import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectPm2, isAlive, offspringOf } from '@cutover/internal';
import { startPm2, type TestPm2, uniqueName } from '@cutover/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askPm2ToDrain, drainPm2 } from '../../src/index.ts';
import { DEAF_APP, drainingApp, parentOf } from './apps.ts';

const settings = { wait_ready: true, kill_timeout: 10_000 };

describe('drainPm2', () => {
  let pm2: TestPm2;
  beforeAll(async () => {
    pm2 = await startPm2();
  });
  afterAll(() => pm2[Symbol.asyncDispose]());
  const pidOf = async (name: string): Promise<number> => {
    using client = await connectPm2({ home: pm2.home });
    return (await client.list()).find((one) => one.name === name)?.pid ?? 0;
  };

  it('stops all processes at once, in the time of the slowest, and calls them clean', async () => {
    await pm2.start({
      name: 'slow',
      code: drainingApp(3_000),
      instances: 4,
      exec_mode: 'cluster',
      ...settings,
    });
    const verdict = await drainPm2({ processes: ['slow'], pm2Home: pm2.home });
    expect(verdict.outcome).toBe('clean');
    expect(verdict.processes.map(({ outcome }) => outcome)).toEqual(['clean', 'clean', 'clean', 'clean']);
    // One after another would take 12 s, two at a time 6 s.
    expect(verdict.duration).toBeLessThan(5_900);
  });

  it('says already gone of what does not run', async () => {
    await pm2.start({ name: 'once', code: drainingApp(0), ...settings });
    await drainPm2({ processes: ['once'], pm2Home: pm2.home });
    const verdict = await drainPm2({ processes: ['once'], pm2Home: pm2.home });
    expect(verdict).toMatchObject({ outcome: 'clean', processes: [{ outcome: 'gone', pid: 0 }] });
  });

  it('kills what outlives its grace, and only that', async () => {
    await pm2.start(
      { name: 'deaf', code: DEAF_APP, ...settings },
      { name: 'quick', code: drainingApp(50), ...settings },
    );
    const verdict = await drainPm2({
      processes: ['deaf', 'quick'],
      pm2Home: pm2.home,
      gracePeriod: { deaf: 500, quick: 5_000 },
    });
    expect(verdict).toMatchObject({
      outcome: 'forced',
      processes: [
        { name: 'deaf', outcome: 'forced', note: 'killed after 500 ms' },
        { name: 'quick', outcome: 'clean' },
      ],
    });
    expect(verdict.duration).toBeLessThan(5_000);
  });

  it("tells a kill by PM2's own kill_timeout from a clean end", async () => {
    await pm2.start({ name: 'cut', code: DEAF_APP, wait_ready: true, kill_timeout: 600 });
    expect(await drainPm2({ processes: ['cut'], pm2Home: pm2.home })).toMatchObject({
      outcome: 'forced',
      processes: [{ outcome: 'forced', note: 'killed by PM2 after its kill_timeout of 600 ms' }],
    });
  });

  it.each([
    ['which leave when they are asked', '', 'clean', /^1 of its children outlived it$/],
    [
      'which do not leave when they are asked',
      "process.on('SIGTERM', () => {});",
      'forced',
      /^1 of its children outlived it and had to be killed$/,
    ],
  ])('ends children that outlive their app, %s, and says so', async (_, code, outcome, note) => {
    const name = uniqueName('parent');
    const child = `${code} setInterval(() => {}, 1000); process.send('up');`;
    // As where PM2 finds no ps: only the app itself is signalled.
    await pm2.start({ name, code: parentOf(child), ...settings, treekill: false });
    const [pid] = offspringOf(await pidOf(name)).map((one) => one.pid);
    const verdict = await drainPm2({ processes: [name], pm2Home: pm2.home, gracePeriod: 2_000 });
    expect(verdict).toMatchObject({ outcome, processes: [{ outcome, note: expect.stringMatching(note) }] });
    expect(pid).toBeGreaterThan(0);
    expect(isAlive(pid as number)).toBe(false);
  });

  it('ends an orphan, whose own parent has left before', async () => {
    const name = uniqueName('grandparent');
    const orphan = "process.send('up'); setInterval(() => {}, 1000);";
    const between = `${parentOf(orphan, "process.send('up'); process.disconnect(); child.disconnect(); child.unref();")}`;
    await pm2.start({ name, code: parentOf(between), ...settings });
    const parent = await pidOf(name);
    await expect.poll(() => offspringOf(parent), { timeout: 10_000 }).toMatchObject([{ session: parent }]);
    const [pid] = offspringOf(parent).map((one) => one.pid);
    await drainPm2({ processes: [name], pm2Home: pm2.home, gracePeriod: 5_000 });
    expect(isAlive(pid as number)).toBe(false);
  });

  it('ends with the reason of its signal', async () => {
    await pm2.start({ name: 'waits', code: drainingApp(2_000), ...settings });
    const controller = new AbortController();
    const drained = drainPm2({ processes: ['waits'], pm2Home: pm2.home, signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 200);
    await expect(drained).rejects.toThrow('enough');
  });

  it('names a process that PM2 does not know, and those it knows', async () => {
    await expect(drainPm2({ processes: ['wroker'], pm2Home: pm2.home })).rejects.toMatchObject({
      code: 'pm2-unknown-process',
      message: expect.stringContaining('no process named wroker; wanted some of slow'),
    });
  });

  it('starts no daemon where none runs', async () => {
    const home = await mkdtemp(join(tmpdir(), 'cutover-test-'));
    await expect(drainPm2({ pm2Home: home })).rejects.toMatchObject({ code: 'pm2-failed' });
    expect(await readdir(home)).toEqual([]);
    await rm(home, { recursive: true });
  });

  it.each([
    [{ processes: 'api' }, "option processes is 'api'; wanted a list"],
    [{ gracePeriod: { api: '5s' } }, 'option gracePeriod is an object; wanted milliseconds'],
    [{ home: '/x' }, 'option home is an option of that name'],
  ])('refuses %j at the call', async (options, message) => {
    await expect(drainPm2(options as never)).rejects.toThrow(message);
  });
});

describe('askPm2ToDrain', () => {
  it('drains every worker, which PM2 goes on supervising, and brings back their verdicts', async () => {
    await using pm2 = await startPm2({
      name: 'api',
      code: drainingApp(300),
      instances: 2,
      exec_mode: 'cluster',
      ...settings,
    });
    const verdict = await askPm2ToDrain({ pm2Home: pm2.home });
    expect(verdict).toMatchObject({
      outcome: 'clean',
      processes: [{ outcome: 'clean' }, { outcome: 'clean' }],
    });
    expect(verdict.duration).toBeGreaterThan(290);
    const stopped = await drainPm2({ pm2Home: pm2.home });
    expect(stopped.outcome).toBe('clean');
    expect(stopped.processes.every(({ outcome }) => outcome === 'clean')).toBe(true);
  });

  it('says of a process that does not answer that it is not drained', async () => {
    await using pm2 = await startPm2({ name: 'deaf', code: DEAF_APP, ...settings });
    expect(await askPm2ToDrain({ pm2Home: pm2.home, gracePeriod: 300 })).toMatchObject({
      outcome: 'forced',
      processes: [{ outcome: 'silent', note: 'no answer within 300 ms' }],
    });
  });
});
