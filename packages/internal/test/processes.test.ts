import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { isAlive, isReached, isStill, offspringOf, stateOf } from '../src/index.ts';

describe('isAlive', () => {
  it('is true of this process and of process 1, and false of one that has ended', async () => {
    expect(isAlive(process.pid)).toBe(true);
    expect(isAlive(1)).toBe(true);
    expect(isAlive(0)).toBe(false);
    const child = spawn('true');
    await once(child, 'exit');
    expect(isAlive(child.pid as number)).toBe(false);
  });

  it('is false of a process that has ended and that nobody has reaped', async () => {
    // A shell that becomes `sleep` leaves its child to a parent that never asks for it; the child ends only then.
    const parent = spawn('sh', ['-c', 'cat <&3 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
    });
    try {
      const [line] = await once(parent.stdout as Readable, 'data');
      const zombie = Number(String(line).trim());
      await expect.poll(() => readFileSync(`/proc/${parent.pid}/comm`, 'latin1')).toBe('sleep\n');
      (parent.stdio[3] as Writable).end();
      await expect.poll(() => stateOf(zombie)?.state).toBe('Z');
      expect(isReached(zombie)).toBe(true);
      expect(isAlive(zombie)).toBe(false);
      expect(offspringOf(parent.pid as number).map(({ pid }) => pid)).toContain(zombie);
    } finally {
      parent.kill('SIGKILL');
    }
  });
});

describe('isStill', () => {
  it('is false of a process of the same number that began at another time', () => {
    const own = stateOf(process.pid);
    if (!own) throw new Error('no /proc');
    expect(isStill(own)).toBe(true);
    expect(isStill({ ...own, started: own.started - 1 })).toBe(false);
  });
});
