import { describe, expect, it } from 'vitest';
import { configurationNow } from '../../src/domain/noted-configuration.ts';
import type { Situation } from '../../src/domain/situation.ts';

/** A rollback went by 3 workers, and before it began somebody wrote 2 into the project. */
const situation = (direction: 'forward' | 'back', kept: string | undefined): Situation => {
  const worker = (color: string, replicas: string) => ({ worker: { color, replicas } });
  const containers = [{ id: 'new', service: 'worker', kept }];
  const previous = {
    configuration: worker('old', '1'),
    restores: { id: 'kept-1', configuration: worker('kept', '2') },
  };
  const intent = { existing: [], previous, release: { configuration: worker('read', '3') } };
  return { containers, intent, progress: { direction } } as unknown as Situation;
};

describe('configurationNow', () => {
  it.each([
    ['of what was kept, with the number that the deployment went by', 'forward', 'kept-1', 'kept', '3'],
    ['of what it read', 'forward', undefined, 'read', '3'],
    ['of what was kept, with the old number, on the way back', 'back', 'kept-1', 'kept', '1'],
  ] as const)('notes the settings %s', (_, direction, kept, color, replicas) => {
    expect(configurationNow(situation(direction, kept))).toEqual({ worker: { color, replicas } });
  });
});
