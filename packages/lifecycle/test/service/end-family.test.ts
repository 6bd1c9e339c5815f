import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { FakeClock } from '@cutover/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { endFamily } from '../../src/service/end-family.ts';
import { familyOf } from '../../src/service/family.ts';

/** A session of its own whose leader is a shell, which has printed a line. */
async function session(script: string): Promise<ChildProcess & { pid: number }> {
  const child = spawn('sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = child.pid as number;
  onTestFinished(() => {
    if (familyOf(pid)().length > 0) process.kill(-pid, 'SIGKILL');
  });
  await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
  return Object.assign(child, { pid });
}

const noProc = () => [];
const leaderEnded = new AbortController().signal;

describe('endFamily', () => {
  it('signals at once: no time has to pass', async () => {
    const child = await session('trap "exit 7" TERM; echo up; while true; do sleep 0.01; done');
    const ended = once(child, 'exit');
    const clock = new FakeClock();
    void endFamily(familyOf(child.pid), 'SIGTERM', { clock, gracePeriod: 1_000, leaderEnded });
    expect(await ended).toEqual([7, null]);
    expect(clock.now()).toBe(0);
  });

  it('kills what is left exactly at the end of the grace period', async () => {
    const child = await session('trap "" TERM; echo up; while true; do sleep 1; done');
    const clock = new FakeClock();
    const living = familyOf(child.pid);
    const killed = endFamily(living, 'SIGTERM', { clock, gracePeriod: 1_000, leaderEnded });
    await clock.advance(999);
    expect(living()).not.toEqual([]);
    const ended = once(child, 'exit');
    await clock.advance(1);
    expect(await ended).toEqual([null, 'SIGKILL']);
    await clock.advance(1_000);
    expect(await killed).toBe(true);
  });
});

describe('familyOf', () => {
  it('is, without /proc, the leader, and then the group that it has left', async () => {
    const child = await session('sleep 60 & echo up; read line < /dev/null; exec sleep 61');
    const living = familyOf(child.pid, noProc);
    expect(living()).toMatchObject([{ pid: child.pid }]);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    expect(living()).toMatchObject([{ pid: -child.pid }]);
    process.kill(-child.pid, 'SIGKILL');
    await expect.poll(living).toEqual([]);
  });

  it('does not take another process for one that has ended', () => {
    let look = [
      { pid: 10, parent: 1, session: 10, started: 1, state: 'S' },
      { pid: 11, parent: 10, session: 11, started: 2, state: 'S' },
    ];
    const living = familyOf(10, () => look);
    expect(living().map(({ pid }) => pid)).toEqual([10, 11]);
    look = [{ pid: 11, parent: 1, session: 11, started: 2, state: 'S' }];
    expect(living().map(({ pid }) => pid)).toEqual([11]);
    look = [{ pid: 11, parent: 1, session: 11, started: 99, state: 'S' }];
    expect(living()).toEqual([]);
  });
});
