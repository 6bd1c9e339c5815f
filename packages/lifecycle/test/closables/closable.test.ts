import { describe, expect, it, vi } from 'vitest';
import { worldOf } from '../shutdown/fake-host.ts';

const close = async (thing: object, options: object = {}) => {
  const { shutdown } = worldOf();
  shutdown.add('thing', thing as never, options);
  return (await shutdown.begin()).steps[0];
};

describe('Shutdown.add with a thing', () => {
  it.each(['$disconnect', 'quit', 'end', 'close', 'destroy'])(
    'calls its %s in the close phase',
    async (method) => {
      const called = vi.fn();
      expect(await close({ [method]: called })).toMatchObject({ outcome: 'done', phase: 'close' });
      expect(called).toHaveBeenCalledOnce();
    },
  );

  it('calls $disconnect of Prisma rather than anything else it may answer to', async () => {
    const prisma = { $disconnect: vi.fn(), close: vi.fn() };
    await close(prisma);
    expect(prisma.$disconnect).toHaveBeenCalledOnce();
    expect(prisma.close).not.toHaveBeenCalled();
  });

  it('drains a BullMQ worker', async () => {
    const worker = { close: vi.fn(), isRunning: () => true, pause: () => {} };
    expect(await close(worker)).toMatchObject({ phase: 'drain', outcome: 'done' });
    expect(worker.close).toHaveBeenCalledExactlyOnceWith();
  });

  it('forces a BullMQ worker whose close never settles, as when Redis is gone', async () => {
    const { shutdown, clock } = worldOf();
    const worker = { close: vi.fn(() => new Promise(() => {})), isRunning: () => true, pause: () => {} };
    shutdown.add('worker', worker, { timeout: 100 });
    const finished = shutdown.begin();
    await clock.advance(100);
    expect((await finished).steps[0]).toMatchObject({ outcome: 'timeout' });
    expect(worker.close).toHaveBeenLastCalledWith(true);
  });

  it('drains a Temporal worker until it is STOPPED', async () => {
    let state = 'RUNNING';
    const shutdown = vi.fn(() => {
      state = 'DRAINING';
      setTimeout(() => {
        state = 'STOPPED';
      }, 20);
    });
    expect(await close({ shutdown, getState: () => state })).toMatchObject({
      phase: 'drain',
      outcome: 'done',
    });
    expect(shutdown).toHaveBeenCalledOnce();
  });

  it('does not shut a Temporal worker down that its own signal handler has, which would throw', async () => {
    const shutdown = vi.fn();
    await close({ shutdown, getState: () => 'STOPPED' });
    expect(shutdown).not.toHaveBeenCalled();
  });

  it('reports a Temporal worker that FAILED', async () => {
    const step = await close({ shutdown: () => {}, getState: () => 'FAILED' });
    expect(step).toMatchObject({ outcome: 'failed', note: 'the worker is FAILED' });
  });

  it('runs it in the phase that is asked for', async () => {
    expect(await close({ close: () => {} }, { phase: 'flush' })).toMatchObject({ phase: 'flush' });
  });
});
