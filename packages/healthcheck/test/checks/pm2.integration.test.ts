import { access, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { startPm2, type TestPm2 } from '@cutover/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pm2Check } from '../../src/index.ts';
import { expectAbortable, outcome, run } from '../helpers/run.ts';
import { newFolder, tcpPeer } from '../helpers/servers.ts';

const steady = 'setInterval(() => {}, 1000)';
const serving = "require('http').createServer((_, answer) => answer.end()).listen(0)";

describe('pm2Check against a real PM2', () => {
  let pm2: TestPm2;
  const check = (...processes: readonly string[]) => pm2Check({ home: pm2.home, processes });

  beforeAll(async () => {
    pm2 = await startPm2(
      {
        name: 'api',
        code: serving,
        instances: 2,
        exec_mode: 'cluster',
        env: { PASSWORD: 'secret-of-the-app' },
      },
      { name: 'cron', code: steady },
      { name: 'halted', code: steady },
      // PM2 counts an end as a failure within max_restarts times min_uptime of the creation only: one second, by default.
      { name: 'broken', code: 'process.exit(1)', max_restarts: 1, min_uptime: 60_000 },
      { name: 'looping', code: 'setTimeout(() => process.exit(1), 50)', max_restarts: 1_000 },
      {
        name: 'slow',
        code: "process.on('SIGINT', () => {}); setInterval(() => {}, 1000)",
        kill_timeout: 3_000,
      },
    );
  });
  afterAll(() => pm2?.[Symbol.asyncDispose]());

  it('is good with cluster and fork processes online', async () => {
    await expect(run(check('api', 'cron'))).resolves.toEqual({ facts: { online: 3, processes: 3 } });
  });

  it('wants as many as it is told', async () => {
    const wanting = pm2Check({ home: pm2.home, processes: ['api'], minOnline: 3 });
    await expect(run(wanting)).rejects.toThrow('api: 2 of 3 online');
  });

  it('is bad with one that is errored', async () => {
    await expect
      .poll(() => run(check('broken')).catch(String), { timeout: 10_000 })
      .toContain('errored: broken');
  });

  it('is bad with one that restarts again and again', async () => {
    await expect
      .poll(() => run(check('looping')).catch(String), { timeout: 10_000 })
      .toContain('restarting again and again: looping');
  });

  it('is bad with one that is stopped, and not ready while one is stopping', async () => {
    await pm2.cli('stop', 'halted', '--silent');
    await expect(run(check('halted'))).rejects.toMatchObject({ code: 'unhealthy' });
    const stopped = pm2.cli('stop', 'slow', '--silent');
    await expect.poll(() => run(check('slow')).catch(String)).toContain('0 of 1 online (stopping)');
    await stopped;
  });

  it('is not ready while one is launching', async () => {
    const started = pm2.start({ name: 'unready', code: steady, wait_ready: true, listen_timeout: 2_000 });
    await expect
      .poll(() => run(check('unready')).catch(String), { timeout: 10_000 })
      .toContain('0 of 1 online (launching)');
    await started;
    await expect(run(check('unready'))).resolves.toBeDefined();
  });

  it('is not ready with a name that PM2 does not know', async () => {
    await expect(run(check('api', 'worker'))).rejects.toMatchObject({ code: 'not-ready' });
  });

  it('remembers restarts in a file from one command to the next', async () => {
    const history = join(await newFolder(), 'restarts.json');
    const fresh = () => pm2Check({ home: pm2.home, processes: ['cron'], history });
    await expect(run(fresh())).resolves.toBeDefined();
    // As if the first command had seen five restarts less.
    const [{ at, restarts }] = JSON.parse(await readFile(history, 'utf8'));
    const fewer = Object.fromEntries(Object.keys(restarts).map((id) => [id, restarts[id] - 5]));
    await writeFile(history, JSON.stringify([{ at, restarts: fewer }]));
    await expect(run(fresh())).rejects.toThrow('again and again: cron');
  });

  it('tells nothing of an environment, good or bad', async () => {
    const told = [await run(check('api')), await run(check('api', 'none')).catch((error) => error)];
    expect(inspect(told, { depth: 20, showHidden: true })).not.toContain('secret-of-the-app');
  });

  it('leaves no connection to the daemon', async () => {
    const before = await socketsOf(process.pid);
    for (let ask = 0; ask < 20; ask++) await run(check('api'));
    await expect.poll(() => socketsOf(process.pid)).toBeLessThanOrEqual(before);
  });

  it('sees the daemon freeze, thaw, freeze and thaw', async () => {
    const states: string[] = [];
    for (const signal of ['SIGSTOP', 'SIGCONT', 'SIGSTOP', 'SIGCONT'] as const) {
      process.kill(pm2.pid, signal);
      states.push(await outcome(check('cron'), signal === 'SIGSTOP' ? 200 : 10_000));
    }
    expect(states).toEqual(['limit reached', 'good', 'limit reached', 'good']);
  });

  it('goes on after a reload', async () => {
    await pm2.cli('reload', 'api', '--silent');
    await expect
      .poll(() => run(check('api')).catch(String), { timeout: 10_000 })
      .toMatchObject({ facts: { online: 2 } });
  });
});

describe('pm2Check without a PM2', () => {
  it('ends with its signal, its socket closed, when what listens is silent, and is bad when it hangs up', async () => {
    const silent = await newFolder();
    const peer = await tcpPeer(undefined, join(silent, 'rpc.sock'));
    await expectAbortable(pm2Check({ home: silent }), peer);
    const dropping = await newFolder();
    await tcpPeer((socket) => socket.destroy(), join(dropping, 'rpc.sock'));
    expect(await outcome(pm2Check({ home: dropping }))).toBe('unreachable');
  });

  it('is unreachable and starts none', async () => {
    const home = await newFolder();
    await expect(run(pm2Check({ home }))).rejects.toMatchObject({ code: 'unreachable', permanent: false });
    await expect(access(join(home, 'pm2.pid'))).rejects.toThrow('ENOENT');
    await expect(readdir(home)).resolves.toEqual([]);
  });
});

const socketsOf = async (pid: number): Promise<number> => {
  const links = await readdir(`/proc/${pid}/fd`);
  const targets = await Promise.all(links.map((link) => readlink(`/proc/${pid}/fd/${link}`).catch(() => '')));
  return targets.filter((target) => target.startsWith('socket:')).length;
};
