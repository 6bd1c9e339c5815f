import type { Intent } from '../../src/domain/intent.ts';
import type { Release } from '../../src/domain/release.ts';
import { image } from './world.ts';

export const release = (version: string): Release => ({
  id: version,
  slots: { app: image(version) },
  background: { cron: image(version), worker: image(version) },
  jobs: {},
  configuration: {},
});

/** What a deployment of version 2 wants, with what a test is about. */
export const intentWith = (changes: Partial<Intent> = {}): Intent => ({
  id: 'd1',
  kind: 'deploy',
  by: { user: 'ada', host: 'here' },
  began: '2026-01-01T00:00:00.000Z',
  target: 'green',
  origin: 'blue',
  release: release('2'),
  previous: { id: '1', background: {}, configuration: {}, lives: [], replicas: {} },
  replicas: {},
  existing: [],
  replaces: [],
  because: [],
  ...changes,
});
