import { DeployError } from './errors.ts';
import type { SlotName } from './layout.ts';
import type { RouterState } from './router-state.ts';

/** The slot that has all the traffic. */
export function liveSlot({ live, instances = {} }: RouterState): SlotName {
  if (live !== undefined) return live;
  throw new DeployError('unknown-slot', {
    doing: 'reading which slot has the traffic',
    found: instancesInWords(instances),
    wanted: 'one slot in all of them',
    fix: 'resume() if a deployment is unfinished, which status() shows; else set them to one slot by hand, the one whose containers run',
  });
}

/** `edge_1 names blue, edge_2 names green`. */
export const instancesInWords = (instances: NonNullable<RouterState['instances']>): string =>
  Object.entries(instances)
    .map(([name, slot]) => `${name} names ${slot ?? 'both'}`)
    .join(', ');
