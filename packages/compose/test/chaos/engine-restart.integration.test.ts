import { describe, expect, it } from 'vitest';
import { debianSuite } from '../../../../scripts/engine/debian.ts';
import { engineOfItsOwn } from '../support/own-engine.ts';
import { type Blow, chaos } from './chaos.ts';

// The short form; `pnpm chaos --engine` strikes at every event. Away for longer than checks and DNS need to notice.
const blows: readonly Blow[] = [
  { event: 0, target: 'engine-kill', away: 2_000 },
  { event: 6, target: 'engine-restart', away: 2_000 },
];

const canStart = process.getuid?.() === 0 && (await debianSuite()) !== undefined;

describe.skipIf(!canStart)('an engine whose daemon is restarted while its containers live', () => {
  it('loses no request and starts no second cron, before a deployment and in the middle of one', async () => {
    await using engine = await engineOfItsOwn();
    const report = await chaos('map', blows, undefined, undefined, engine);
    expect(report.damage).toEqual([]);
    expect(report.ends).toEqual({ deployed: blows.length });
    expect(report.load.failures).toEqual({});
    expect([report.cronOverlap, report.killedInGrace]).toEqual([0, 0]);
  }, 180_000);
});
