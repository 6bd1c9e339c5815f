import { describe, expect, it } from 'vitest';
import { testShutdown } from '../src/testing.ts';

describe('testShutdown', () => {
  it('runs a whole shutdown without waiting, and shows what came of it', async () => {
    const { shutdown, run, exits, events } = testShutdown({ gracePeriod: 60_000 });
    shutdown.add('hung', () => new Promise(() => {}));
    const began = performance.now();
    expect(await run()).toMatchObject({ outcome: 'forced', duration: 60_000 });
    expect(performance.now() - began).toBeLessThan(5_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(exits).toEqual([4]);
    expect(events.at(-1)).toMatchObject({ type: 'finished' });
  });

  it('moves the time of its steps only when told to', async () => {
    const { shutdown, emit, advance } = testShutdown();
    let cut = false;
    shutdown.add(
      'slow',
      async ({ signal }) => {
        signal.addEventListener('abort', () => {
          cut = true;
        });
        await new Promise(() => {});
      },
      { timeout: 1_000 },
    );
    emit('SIGTERM');
    await advance(999);
    expect(cut).toBe(false);
    await advance(1);
    expect(cut).toBe(true);
  });

  it('plays PM2 for code that must be ready for it', () => {
    const { shutdown, sent } = testShutdown({
      process: { env: { pm_id: '0', PM2_HOME: '/pm2' }, connected: true },
    });
    shutdown.ready();
    expect(sent).toEqual(['ready']);
  });
});
