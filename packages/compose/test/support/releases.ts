import type { Release } from '../../src/domain/release.ts';
import { image } from './world.ts';

export const release = (version: string): Release => ({
  id: version,
  slot: image(version),
  background: { cron: image(version), worker: image(version) },
  configuration: {},
});
