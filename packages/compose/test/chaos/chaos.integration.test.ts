import { describe, expect, it } from 'vitest';
import { type Blow, chaos } from './chaos.ts';

// The short form; `pnpm chaos` strikes at every event and at as many random moments as it is told.
const deaths: readonly Blow[] = [{ event: 3 }, { event: 9 }, { after: 3_000 }, { event: 17 }, { event: 24 }];

const proxyBlows: readonly Blow[] = [
  { event: 5, target: 'haproxy-kill' },
  { event: 11, target: 'haproxy-reload' },
  { event: 13, target: 'haproxy-restart' },
];

describe('a deployment that is killed and run again on the real stack', () => {
  it(
    'ends all-new each time, and loses no request and no cron to it',
    async () => {
      const report = await chaos('map', deaths);
      expect(report.damage).toEqual([]);
      expect(report.struck).toBeGreaterThanOrEqual(3);
      expect(report.load.failures).toEqual({});
      expect(report.cronOverlap).toBe(0);
      expect(report.killedInGrace).toBe(0);
    },
    8 * 60_000,
  );
});

describe('a deployment during which HAProxy is reloaded, restarted and killed', () => {
  it(
    'ends with the traffic where HAProxy and its file say, on the new version',
    async () => {
      const report = await chaos('map', proxyBlows);
      expect(report.damage).toEqual([]);
      expect(report.struck).toBe(proxyBlows.length);
      expect(report.cronOverlap).toBe(0);
    },
    8 * 60_000,
  );
});
