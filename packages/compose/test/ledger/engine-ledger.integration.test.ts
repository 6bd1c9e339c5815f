import { FakeClock, uniqueName } from '@cutover/testing';
import type Docker from 'dockerode';
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JournalEntry } from '../../src/domain/journal.ts';
import { connectDocker } from '../../src/engine/docker.ts';
import { engineLedger } from '../../src/ledger/engine-ledger.ts';
import { FENCE_AFTER } from '../../src/ledger/heartbeat.ts';
import type { Ledger } from '../../src/ports/index.ts';
import { removeNotes } from '../support/notes.ts';

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
  afterEach(() => removeNotes(project));

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

  it('keeps lock and journal when the system is pruned', async () => {
    const lock = await ledger.acquire('deploy of 2');
    await lock.append(entry('before the prune'));
    const before = await ledger.read();
    // The filter lets all of these notes go, and nothing that belongs to another test.
    const filter = `label=dev.cutover.project=${project}`;
    await execa('docker', ['system', 'prune', '--all', '--force', '--filter', filter]);
    await execa('docker', ['container', 'prune', '--force', '--filter', filter]);
    expect(await ledger.read()).toEqual(before);
    await lock.confirm();
    await lock.append(entry('after the prune'));
    await expect(open().acquire('other')).rejects.toMatchObject({ code: 'locked' });
    await lock.release();
  });

  it('has no holder any more when its notes are deleted, and writes nothing further', async () => {
    const lock = await ledger.acquire('deploy of 2');
    await removeNotes(project);
    await expect(lock.confirm()).rejects.toMatchObject({ code: 'locked' });
    await expect(lock.append(entry('late'))).rejects.toMatchObject({ code: 'locked' });
    await lock.release();
    expect(await ledger.read()).toEqual([]);
  });

  it('keeps both of two entries that are written at the same time, in their order', async () => {
    const lock = await ledger.acquire('deploy of 2');
    const entries = ['a', 'b'].map((reason): JournalEntry => ({ type: 'undo', reason }));
    await Promise.all(entries.map(lock.append));
    expect((await ledger.read()).slice(-2)).toEqual(entries);
    await lock.release();
  });

  it('passes over what an engine left that was killed while it created an entry, or the beat', async () => {
    const unlabelled = (note: string) => docker.createVolume({ Name: `cutover-${project}-${note}` });
    const spoilt = await Promise.all(['journal-1', 'journal-3', 'journal-5', 'beat'].map(unlabelled));
    const clock = new FakeClock();
    try {
      const lock = await open({ clock }).acquire('deploy of 2');
      await lock.append(entry('after a gap'));
      await clock.advance(FENCE_AFTER + 1);
      await lock.assertHeld();
      const { Volumes } = await docker.listVolumes({
        filters: { label: [`dev.cutover.project=${project}`] },
      });
      expect(Volumes.map(({ Name }) => Name).sort()).toEqual(
        ['beat', 'journal-2', 'journal-4'].map((note) => `cutover-${project}-${note}`),
      );
      await lock.release();
      expect(await ledger.holder()).toBeUndefined();
      await (await open().acquire('deploy of 3')).release();
      const entries = ['acquired', 'undo', 'released', 'acquired', 'released'];
      expect((await ledger.read()).map(({ type }) => type)).toEqual(entries);
    } finally {
      await Promise.all(
        spoilt.map(({ name }) =>
          docker
            .getVolume(name)
            .remove()
            .catch(() => {}),
        ),
      );
    }
  });

  it('refuses a contender that read the journal so long ago that its next number has been pruned', async () => {
    const lock = await ledger.acquire('deploy of 2');
    await lock.append({ type: 'intent', intent: { id: 'of 2' } } as JournalEntry);
    await lock.append({ type: 'outcome', outcome: 'deployed', configuration: {}, ended: '' });
    await lock.prune();
    const listVolumes = vi.fn(docker.listVolumes).mockResolvedValueOnce({ Volumes: [], Warnings: [] });
    const late: Docker = Object.create(docker, { listVolumes: { value: listVolumes } });
    const contender = engineLedger({ docker: async () => late, project: async () => project });
    await expect(contender.acquire('late')).rejects.toMatchObject({ code: 'locked' });
    expect((await ledger.read()).map(({ type }) => type)).toEqual(['acquired', 'intent', 'outcome']);
    await lock.confirm();
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
    const acquired = { type: 'acquired' };
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
      'released',
      'acquired',
      'undo',
    ]);
    await heir.release();
  });
});
