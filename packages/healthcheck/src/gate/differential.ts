/**
 * What a bad answer of the new slot means, given the live slot's answer at the same time. `reject`: the new release
 * is at fault. `outage`: a dependency of both is down; switching or rolling back would fix nothing.
 */
export type Differential = 'good' | 'reject' | 'outage';

export const differentialOf = ({ next, live }: { next: boolean; live: boolean }): Differential =>
  next ? 'good' : live ? 'reject' : 'outage';
