import { randomBytes } from 'node:crypto';

/** A name that no other test, run or clone uses: `cutover-test-<what>-<random>`. */
export const uniqueName = (what: string): string => `cutover-test-${what}-${randomBytes(4).toString('hex')}`;
