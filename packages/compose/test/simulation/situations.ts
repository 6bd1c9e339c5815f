import { callFaults, worldFaults } from './faults.ts';

/** From so many seeds on, each situation must have come up. */
export const ENOUGH_SEEDS = 20_000;

/** Rare situations that the mix of faults must lead to; one that never comes means that its tests are blind. */
const rare = [
  'a kept configuration is brought back',
  'a rollback to a warm slot',
  'a second deployer',
  'a slot fails while it has the traffic',
  'an idle slot fails',
  'crash between the commit and the file',
  'effect of a dead process',
  'effect of a superseded holder',
  'effect without a lock',
  'killed at the end of its grace',
  'late create after a takeover',
  'real requests fail although health is good',
  'reload between the intent to switch and the switch',
  'sessions cut at an announced deadline',
  'takeover from a dead holder',
  'takeover while the old holder is paused',
  'the lock vanishes under its holder',
  "the lock of a dead process is left, and in nobody's way",
  'the slot fails at the moment of the switch',
  'what runs has no image record',
] as const;

export type Situation = (typeof rare)[number] | 'an operator would recreate a container';

/** What never came up: kinds of faults and rare situations. */
export const unreached = (reached: Readonly<Record<string, number>>): readonly string[] =>
  [...callFaults, ...worldFaults, ...rare].filter((name) => !reached[name]);
