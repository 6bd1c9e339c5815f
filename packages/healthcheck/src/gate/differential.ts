/**
 * What a bad answer of the new slot means, by what the live slot says at the same time. `reject`: the new release is at
 * fault. `outage`: something that both depend on is down, and switching or rolling back would cure nothing.
 */
export type Differential = 'good' | 'reject' | 'outage';

export const differentialOf = ({ next, live }: { next: boolean; live: boolean }): Differential =>
  next ? 'good' : live ? 'reject' : 'outage';
