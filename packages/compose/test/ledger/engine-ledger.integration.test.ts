import { hostname } from 'node:os';
import { FakeClock, uniqueName } from '@cutover/testing';
import type Docker from 'dockerode';
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../src/domain/journal.ts';
import { connectDocker } from '../../src/engine/docker.ts';
import { engineLedger } from '../../src/ledger/engine-ledger.ts';
import { FENCE_AFTER } from '../../src/ledger/heartbeat.ts';
import type { Ledger } from '../../src/ports/index.ts';

type LedgerOptions = NonNullable<Parameters<typeof engineLedger>[1]>;

/** The engine answers in real time, so fake time moves on between its answers. */
async function whileTimePasses<T>(clock: FakeClock, work: Promise<T>, other?: FakeClock): Promise<T> {
  let settled = false;
  const mark = () => {
    settled = true;
  };
  work.then(mark, mark);
  while (!settled) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    await Promise.all([clock.advance(100), other?.advance(100)]);
  }
  return work;
}

describe('engineLedger', () => {
  let docker: Docker;
  let project: string;
  let ledger: Ledger;
  const open = (options: LedgerOptions = { clock: new FakeClock() }) =>
    engineLedger({ docker: async () => docker, project: async () => project }, options);
  const elsewhere = async () => ({
    host: 'far',
    boot: 'another boot',
    namespace: 'far',
    pid: 1,
    started: '1',
  });
  const entry = (reason: string): JournalEntry => ({ type: 'undo', reason });

  beforeAll(async () => {
    docker = await connectDocker();
  });
  beforeEach(() => {
    project = uniqueName('ledger');
    ledger = open();
  });
  afterEach(async () => {
    const label = [`dev.cutover.project=${project}`];
    const notes = await docker.listContainers({ all: true, filters: { label } });
    await Promise.all(notes.map(({ Id }) => docker.getContainer(Id).remove()));
  });

  it('gives the lock to one of sixteen who want it at once', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 16 }, () => open().acquire('test')));
    const refused = asked.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(15);
    expect(refused[0]).toMatchObject({ reason: { code: 'locked' } });
  });

  it('names the holder to who is refused, and is free again after release', async () => {
    const lock = await ledger.acquire('deploy of 2');
    await expect(open().acquire('other')).rejects.toThrow(`process ${process.pid} on `);
    expect(await ledger.holder()).toMatchObject({ purpose: 'deploy of 2', pid: process.pid });
    await lock.release();
    expect(await ledger.holder()).toBeUndefined();
    await (await open().acquire('other')).release();
  });

  it('makes the image of its notes again when it was pruned between two entries', async () => {
    const lock = await ledger.acquire('deploy of 2');
    // By name alone: the notes of tests beside this one keep what they were made from.
    await docker.getImage('cutover-ledger:1').remove({ force: true });
    await lock.append(entry('after the prune'));
    expect((await ledger.read()).at(-1)).toEqual(entry('after the prune'));
    await lock.release();
  });

  it('takes the lock over from a process that was killed', async () => {
    const holder = execa('node', ['--import', 'tsx', '-C', '@cutover/source', '-'], {
      input: `
        import { connectDocker } from '${new URL('../../src/engine/docker.ts', import.meta.url)}';
        import { engineLedger } from '${new URL('../../src/ledger/engine-ledger.ts', import.meta.url)}';
        const docker = await connectDocker();
        await engineLedger({ docker: async () => docker, project: async () => '${project}' }).acquire('doomed');
        process.kill(process.pid, 'SIGKILL');
      `,
      nodeOptions: ['--input-type=module'],
      reject: false,
    });
    expect(await holder).toMatchObject({ signal: 'SIGKILL' });
    expect(await ledger.holder()).toBeUndefined();
    await (await ledger.acquire('heir')).release();
  });

  it('replaces a holder on another host whose heart stands still, and refuses its next effect', async () => {
    const [pausedClock, clock] = [new FakeClock(), new FakeClock()];
    const paused = await open({ clock: pausedClock, identify: elsewhere }).acquire('paused');
    const heir = await whileTimePasses(clock, open({ clock }).acquire('heir'));
    await pausedClock.advance(FENCE_AFTER + 1);
    await expect(paused.assertHeld()).rejects.toMatchObject({ code: 'locked' });
    await expect(heir.assertHeld()).resolves.toBeUndefined();
    await heir.release();
  });

  it('leaves a holder on another host alone whose heart beats', async () => {
    const [aliveClock, clock] = [new FakeClock(), new FakeClock()];
    const alive = await open({ clock: aliveClock, identify: elsewhere }).acquire('alive');
    const asked = open({ clock }).acquire('other');
    await expect(whileTimePasses(clock, asked, aliveClock)).rejects.toMatchObject({ code: 'locked' });
    await alive.assertHeld();
    await alive.release();
  });

  it('keeps the journal in order for whoever reads it, and refuses who appends behind the holder', async () => {
    const lock = await ledger.acquire('test');
    const acquired = { type: 'acquired', purpose: 'test', host: hostname(), pid: process.pid };
    expect(await open().read()).toEqual([acquired]);
    await lock.append(entry('one'));
    await lock.append(entry('two'));
    expect(await open().read()).toEqual([acquired, entry('one'), entry('two')]);
    await lock.release();
    const heir = await open().acquire('heir');
    await heir.append(entry('three'));
    await expect(lock.append(entry('late'))).rejects.toMatchObject({ code: 'locked' });
    expect((await open().read()).map(({ type }) => type)).toEqual([
      'acquired',
      'undo',
      'undo',
      'acquired',
      'undo',
    ]);
    await heir.release();
  });
});
