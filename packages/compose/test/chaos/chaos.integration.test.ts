import { describe, expect, it } from 'vitest';
import { chaos, type Kill } from './chaos.ts';

// The short form; `pnpm chaos` kills at every event and at as many random moments as it is told.
const kills: readonly Kill[] = [{ event: 3 }, { event: 9 }, { after: 3_000 }, { event: 17 }, { event: 24 }];

describe('a deployment that is killed and run again on the real stack', () => {
  it('ends all-new each time, and loses no request and no cron to it', async () => {
    const report = await chaos('map', kills);
    expect(report.damage).toEqual([]);
    expect(report.killed).toBeGreaterThanOrEqual(3);
    expect(report.load.failures).toEqual({});
    expect(report.cronOverlap).toBe(0);
  }, 240_000);
});
