import { describe, expect, it } from 'vitest';
import { startStack } from '../support/stack.ts';
import { type Blow, buildDeployer, chaos, deploy } from './chaos.ts';

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

describe('two deployments at once from two pid namespaces', () => {
  it('are one that goes on and one that is told who has held the lock since when', async () => {
    await using deployer = await buildDeployer();
    await using stack = await startStack('map', ['1', '2']);
    const attempt = { stack, way: 'map', deployer: deployer.file, image: stack.image('2') } as const;
    const namespace = ['unshare', '--pid', '--fork', '--mount-proc'];
    const ends = await Promise.all([deploy(attempt, namespace), deploy(attempt, namespace)]);
    const [good, refused] = ends.sort((a, b) => Number(a.exitCode) - Number(b.exitCode));
    expect([good?.exitCode, refused?.exitCode]).toEqual([0, 1]);
    expect(refused?.stderr).toMatch(/^locked: .*process \d+ on \S+ has held the lock since \d{4}-/);
    const { live, stored } = await stack.router.observe();
    expect([live, stored]).toEqual(['green', 'green']);
  }, 120_000);
});
